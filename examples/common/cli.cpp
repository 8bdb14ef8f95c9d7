#include "cli.hpp"

#include "error.hpp"
#include "progress.hpp"

#include <fmt/format.h>

#include <errno.h>

#include <charconv>
#include <iostream>
#include <new>
#include <system_error>

namespace examples {

namespace {

std::string value_of(const CLI::Option& option) {
  return option.count() > 0 ? option.results().back() : option.get_default_str();
}

// As a shell reads it back.
std::string shell_word(const std::string& text) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=+:,@";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

void restore(CLI::App& app, const Settings& settings, const std::string& file) {
  for (const auto& [name, value] : settings) {
    CLI::Option* const option = app.get_option_no_throw("--" + name);
    if (option == nullptr)
      throw InputError(
          fmt::format("{} is a checkpoint of another program: this one has no --{}", file, name));
    if (option->count() > 0 && value_of(*option) != value)
      throw InputError(fmt::format("the training in {} was started with --{} {}, and goes on with that", file,
                                   name, value));
    try {
      option->clear();
      option->add_result(value);
      option->run_callback();
    } catch (const CLI::Error& error) {
      throw InputError(fmt::format("{}: {}", file, error.what()));
    }
  }
}

}  // namespace

CLI::Validator whole_number(uint64_t low, uint64_t high) {
  const auto check = [low, high](const std::string& text) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_one = error == std::errc() && end == text.data() + text.size() && low <= value &&
                        value <= high && (text.size() == 1 || text[0] != '0');
    return is_one ? std::string()
                  : fmt::format("must be a whole number from {} to {}, not '{}'", low, high, text);
  };
  return CLI::Validator(check, fmt::format("{}..{}", low, high));
}

void add_training_options(CLI::App& app, TrainingOptions& options) {
  app.add_option("--epochs", options.epochs, "passes over the training examples")
      ->check(whole_number(0, 1'000'000));
  app.add_option("--batch", options.batch, "examples in a batch")->check(whole_number(1, 100'000));
  app.add_option("--seed", options.seed, "of weights and order")->check(whole_number(0, kLargestSeed));
  app.add_option("--threads", options.threads, "that a large op may use")->check(whole_number(1, 1024));
  app.add_option("--save", options.save, "write a checkpoint to FILE after each epoch, and on Ctrl-C")
      ->type_name("FILE");
  app.add_option("--load", options.load, "go on with the training in FILE")->type_name("FILE");
  app.add_option("--curve", options.curve, "write each batch's loss to FILE, as CSV")->type_name("FILE");
}

void settle(CLI::App& app, TrainingOptions& options, const std::vector<std::string>& names) {
  if (!options.load.empty()) restore(app, Training::settings_in(options.load), options.load);
  for (const std::string& name : names) options.settings[name] = value_of(*app.get_option("--" + name));
}

int stop_with_checkpoint(const CLI::App& app, const TrainingOptions& options, Training& training) {
  const std::string file = options.save.empty() ? app.get_name() + ".safetensors" : options.save;
  training.save(file);
  std::cerr << fmt::format(
      "interrupted; go on with\n    {0} --load {1} --save {1} --epochs {2} --threads {3}\n",
      shell_word(program_invocation_name), shell_word(file), options.epochs, options.threads);
  return Interrupt::exit_status();
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& program) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    std::cerr << fmt::format("{}: {}\nRun with --help for more information.\n", app.get_name(), error.what());
    return kUsageError;
  }
  try {
    const int status = program();
    std::cout << std::flush;
    if (!std::cout) throw InputError("can't write to standard output");
    return status;
  } catch (const InputError& error) {
    std::cerr << app.get_name() << ": " << error.what() << "\n";
  } catch (const frost::Error& error) {
    std::cerr << app.get_name() << ": " << error.what() << "\n";
  } catch (const std::bad_alloc&) {
    std::cerr << app.get_name() << ": there is not enough memory\n";
  }
  return kInputError;
}

}  // namespace examples
