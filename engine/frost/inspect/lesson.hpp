// The lesson of a page, checked against what <frost/inspect/html.hpp> says of it. For inspect's own files.
#pragma once

#include <string>

namespace frost::inspect {

// An error of to_html that names the member where the text is not JSON, or says anything but what a lesson
// can.
void check_lesson(const std::string& lesson);

}  // namespace frost::inspect
