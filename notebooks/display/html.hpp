// What the pictures share. For the files of this folder.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace frost::notebook {

using Json = nlohmann::json;

// For text between tags and in attributes.
std::string escape(std::string_view text);

// Four digits after the point; or three in all, with an exponent, of what is very large or small. Whole
// numbers without a point, "nan", "inf" and "-inf".
std::string number(double value);

// The background of a cell: blue above 0, orange below, deeper the nearer |value| is to `largest`; hatched
// for what is not finite. A CSS declaration.
std::string colour(double value, double largest);

// A word with a border around it.
std::string chip(std::string_view text, std::string_view css_colour = "#777");

// The bundle of a picture. An SVG goes as HTML, too: as "image/svg+xml" nbconvert strips it.
Json html(const std::string& html, const std::string& text);

}  // namespace frost::notebook
