#!/usr/bin/env bash
# Types the commands of transcripts again on the machine's own kernel, each transcript in a network namespace of its own, and writes what
# they print back into the file. Needs root (or a user namespace) and iproute2: `./record.sh transcripts/*.txt`.
set -u
for file in "$@"; do
  commands=$(grep '^\$ ' "$file" | cut -c3-)
  COMMANDS=$commands unshare -n bash -c '
    while IFS= read -r line; do
      printf "$ %s\n" "$line"
      eval "$line" 2>&1 | grep -v "^$"
      case $line in *" up"|*"addr add"*) sleep 0.3;; esac
    done <<<"$COMMANDS"
  ' >"$file.new" && mv "$file.new" "$file"
done
exit 0
