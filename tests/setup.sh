# What tests/run, examples/run, notebooks/run and .ci/run share: installing what is missing, configuring, building.
# To be sourced. Needs bash. Sets the directory to the top of the tree.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

engine_packages=(cmake g++ make ninja-build libxtensor-dev libxsimd-dev libopenblas-openmp-dev nlohmann-json3-dev)
examples_packages=(libcli11-dev libedit-dev libfmt-dev libutfcpp-dev)
tests_packages=(catch2)
notebooks_packages=(clang-tools-19 graphviz jupyter-nbconvert python3-ipykernel)
# Of the page that to_html writes; not installed from Debian where npm came from elsewhere, which the two would not go with.
page_packages=()
command -v npm >/dev/null || page_packages=(nodejs npm)
# Used where the system has them: a cache for the compiler; libtorch, which tests/peer compares frost with.
optional_packages=()

say() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# The packages among the arguments that are not installed.
missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed* ]] || echo "$package"
  done
}

apt_install() { DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }

# install_packages PACKAGE…: installs those that are missing, and those of optional_packages that can be had. Nothing
# else about the system is changed; which BLAS programs use stays with the system's alternatives.
install_packages() {
  say "Packages"
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    note "Not a Debian or Ubuntu system: nothing is installed. Needed, by the names Debian gives them:"
    note "$*"
    note "and used if they are there: ${optional_packages[*]:-none}"
    return
  fi
  local missing wanted all package
  mapfile -t missing < <(missing_packages "$@")
  mapfile -t wanted < <(missing_packages "${optional_packages[@]}")
  all=("${missing[@]}" "${wanted[@]}")
  if ((${#all[@]} == 0)); then
    note "all there"
    return
  fi
  if ((EUID != 0)); then
    if ((${#missing[@]} > 0)); then
      die "Missing packages. Install them, then run this again:

    sudo apt-get install ${all[*]}"
    fi
    note "going on without ${wanted[*]}; to have them: sudo apt-get install ${wanted[*]}"
    return
  fi
  note "installing ${all[*]}"
  apt-get update -qq || note "apt-get update failed; trying with the lists that are here"
  if ((${#missing[@]} > 0)); then
    apt_install "${missing[@]}" >"$apt_log" 2>&1 || {
      tail -n 20 "$apt_log" >&2
      die "apt-get could not install ${missing[*]} (all it said: $apt_log)"
    }
  fi
  for package in "${wanted[@]}"; do
    apt_install "$package" >>"$apt_log" 2>&1 || note "going on without $package: apt-get could not install it"
  done
}
apt_log=${TMPDIR:-/tmp}/frost-apt-$$.log

# One compiler for each core, as far as 2 GiB of memory for each are free.
jobs() {
  local cores memory
  cores=$(nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 2097152) }' /proc/meminfo 2>/dev/null || true)
  memory=${memory:-$cores}
  echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# configure DIRECTORY [argument of cmake …]
configure() {
  local directory=$1 start=$SECONDS
  shift
  say "Configuring into $directory/"
  local arguments=("$@")
  if command -v ccache >/dev/null; then
    arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  if [[ ! -e $directory/CMakeCache.txt ]] && command -v ninja >/dev/null; then
    arguments+=(-G Ninja)
  fi
  mkdir -p "$directory"
  cmake -S . -B "$directory" "${arguments[@]}" >"$directory/configure.log" 2>&1 || {
    cat "$directory/configure.log" >&2
    die "cmake could not configure $directory/"
  }
  grep -E '^-- (libtorch was not found|frost .* with|frost.s )' "$directory/configure.log" | sed 's/^-- /    /' || true
  note "done in $((SECONDS - start)) s"
}

# build DIRECTORY [target]: everything, or that.
build() {
  local start=$SECONDS
  say "Building ${2:+$2 }in $1/ on $(jobs) core(s)"
  cmake --build "$1" --parallel "$(jobs)" ${2:+--target "$2"}
  note "done in $((SECONDS - start)) s"
}

# configure_and_build DIRECTORY [argument of cmake …]
configure_and_build() {
  configure "$@"
  build "$1"
}

# What notebooks/run and notebooks/test need, into build/, whose other parts stay as they were.
build_notebooks() {
  if [[ -e build/CMakeCache.txt ]]; then
    configure build -DFROST_NOTEBOOKS=ON
  else
    configure build -DFROST_NOTEBOOKS=ON -DFROST_TESTS=OFF -DFROST_EXAMPLES=OFF
  fi
  grep -q '^FROST_HAS_NOTEBOOKS:INTERNAL=ON' build/CMakeCache.txt || die "The notebooks cannot be run here, as said above."
  build build notebooks
}

# run_tests DIRECTORY [argument of ctest …]
run_tests() {
  local directory=$1
  shift
  say "Testing in $directory/"
  ctest --test-dir "$directory" --output-on-failure --parallel "$(jobs)" "$@"
}
