// What stands for the page where it could not be bundled. CMake says why.
#include <frost/inspect/page.hpp>

namespace frost::inspect {

std::string_view page_template() { return {}; }
std::string_view why_no_page() { return FROST_WHY_NO_PAGE; }

}  // namespace frost::inspect
