// The page that html.cpp fills in, as it was bundled when frost was built. For inspect's own files; defined
// in what engine/page makes, or in engine/page/none.cpp.
#pragma once

#include <string_view>

namespace frost::inspect {

std::string_view page_template();  // "": frost was built without it
std::string_view why_no_page();    // then, a sentence

}  // namespace frost::inspect
