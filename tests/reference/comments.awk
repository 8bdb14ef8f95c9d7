# Plain comments as Doxygen reads them: what stands before a declaration becomes its text, what stands behind a member
# becomes that member's, and the first block of a file the file's. Indented lines are code. A block that a blank line
# follows belongs to nothing, and stays a comment. "// ---- a title ----" heads the members up to the next title, or the
# end of its class or namespace.

# In text Doxygen's own signs mean themselves.
function plain(text) {
  gsub(/[\\@<>#&%]/, "\\\\&", text)
  return text
}

# The column of the comment that stands behind code in the line, or 0: "//" in quotes is text.
function comment_column(line,    i, sign, quote) {
  for (i = 1; i < length(line); ++i) {
    sign = substr(line, i, 1)
    if (quote != "") {
      if (sign == "\\") ++i
      else if (sign == quote) quote = ""
    } else if (sign == "\"" || (sign == "'" && substr(line, i - 1, 1) !~ /[0-9A-Za-z]/)) {  # not that of 1'000
      quote = sign
    } else if (substr(line, i, 2) == "//") {
      return i
    }
  }
  return 0
}

function end_code() {
  if (in_code) print "/// @endcode"
  in_code = 0
}

function print_block(opening,    i, blanks) {
  if (opening != "") print "/// " opening
  blanks = 0
  for (i = 1; i <= count; ++i) {
    if (block[i] == "") {
      ++blanks
      continue
    }
    if (block[i] ~ /^  /) {
      if (!in_code) {
        print "///"
        print "/// @code"
      } else while (blanks > 0) {
        print "///"
        --blanks
      }
      in_code = 1
      print "/// " block[i]
    } else {
      end_code()
      if (blanks > 0) print "///"
      print "/// " plain(block[i])
    }
    blanks = 0
  }
  end_code()
}

# What ends a block: the line that follows it.
function end_block(next_line,    i) {
  if (count == 0) return
  if (!seen_file) {
    seen_file = 1
    print_block("@file")
  } else if (next_line ~ /^ *$/) {
    for (i = 1; i <= count; ++i) print "// " block[i]
  } else {
    print_block("")
  }
  count = 0
}

function end_section() {
  if (in_section) print "/// @}"
  in_section = 0
}

/^ *\/\/ ---- .* ----$/ {
  end_block("")
  end_section()
  in_section = index($0, "//")
  sub(/^ *\/\/ ---- /, "")
  sub(/ ----$/, "")
  print "/// @name " plain($0)
  print "/// @{"
  next
}

# The end of a section's class, or of its namespace.
(in_section > 1 && /^( (private|protected):|};)/) || (in_section == 1 && /^}  \/\/ namespace/) {
  end_block($0)
  end_section()
}

/^ *\/\// {
  column = index($0, "//")
  text = substr($0, column + 2)
  sub(/^ /, "", text)
  if (count == 0 && column == trailing && column > 4) {
    print substr($0, 1, column - 1) "///< " plain(text)
    next
  }
  trailing = 0
  block[++count] = text
  next
}

{
  end_block($0)
  trailing = 0
  column = $0 ~ /^#/ ? 0 : comment_column($0)
  if (column > 0 && substr($0, 1, column - 1) ~ /[;,)0-9A-Za-z_}] +$/ && $0 !~ /^}/) {
    trailing = column
    text = substr($0, column + 2)
    sub(/^ /, "", text)
    print substr($0, 1, column - 1) "///< " plain(text)
    next
  }
  print
}

END { end_block("") }
