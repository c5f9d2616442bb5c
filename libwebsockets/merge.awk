# Prints the file that results from editing one of libwebsockets' files as changes say.
# Usage: awk -v version=4.1.6 -v path=lib/... -v source=FILE -f merge.awk CHANGE... FILE
#
# The edits are those of "diff -e". All line numbers are those of the file as it was, so the changes do
# not depend on each other. Fails, with a line that names both, if two of them edit the same line.

function fail(why) {
  printf "%s: %s\n", change, why > "/dev/stderr"
  failed = 1
  exit 1
}

# Begins the edit that a line such as "12a", "12,14c" or "12d" announces.
function begin_edit(line,   numbers, kind, first, last, i) {
  kind = substr(line, length(line))
  split(substr(line, 1, length(line) - 1), numbers, ",")
  first = numbers[1] + 0
  last = (2 in numbers) ? numbers[2] + 0 : first
  if (kind != "a")
    for (i = first; i <= last; i++) {
      if (i in removed_by)
        fail("edits line " i " of " path ", as " removed_by[i] " does")
      removed_by[i] = change
    }
  # text that replaces lines goes where the first of them was, behind what others add there
  into = kind == "a" ? first : first - 0.5
  adding = kind != "d"
}

function print_text(place) {
  if (place in text)
    printf "%s", text[place]
}

FNR == 1 {
  change = FILENAME
  sub(/.*\//, "", change)
  sub(/\.change$/, "", change)
  ours = adding = 0
}

FILENAME != source && adding {
  if ($0 == ".")
    adding = 0
  else
    text[into] = text[into] $0 "\n"
  next
}

FILENAME != source && /^Edit / {
  ours = $2 == version && $3 == path
  next
}

FILENAME != source {
  if (ours && /^[0-9]+(,[0-9]+)?[acd]$/)
    begin_edit($0)
  else if (/^[0-9]+(,[0-9]+)?[ac]$/) {
    # of another file
    while ((getline) > 0 && $0 != ".")
      ;
  }
  next
}

FNR == 1 {
  print_text(0)
}

{
  print_text(FNR - 0.5)
  if (!(FNR in removed_by))
    print
  print_text(FNR)
}

END {
  exit failed
}
