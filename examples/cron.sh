#!/bin/sh
# What to put into cron, where the daemon (`tinyarms monitor`) is not wanted.
#
# It checks every skill once. Where one got worse, it searches for a better prompt at once and
# brings the variants to users. Start it every night; cron mails what it prints to MAILTO:
#
#   MAILTO=you@example.org
#   15 3 * * *  PROJECT=$HOME/my-project TINYARMS=$HOME/.local/bin/tinyarms /path/to/cron.sh
#
# It prints nothing while all is well. PROJECT/cron.log has the whole report of each night.
# Exit codes, those of tinyarms: 0 all is well, 3 a drop was found or is being evolved, 4 one that
# was evolved lately, 5 outcomes are not known or do not count, any other: the check failed. The
# highest code of all skills counts.

set -u
: "${PROJECT:?Set PROJECT to the folder of config.yaml.}"
: "${TINYARMS:=tinyarms}" # cron's PATH is short: give the whole path
: "${NICENESS:=19}"        # 0 to 19: at 19 everything else on this machine goes first

cd "$PROJECT" || exit 1
report=$(nice -n "$NICENESS" "$TINYARMS" monitor --once --evolve 2>&1)
code=$?
printf '%s: exit code %s\n%s\n\n' "$(date '+%Y-%m-%d %H:%M')" "$code" "$report" >> cron.log

case $code in
  0) ;;
  3 | 4 | 5)
    echo "Not every skill is well in $PROJECT:"
    printf '%s\n' "$report" | grep -E ': (DROP|known drop|low|blind|PROBLEM)'
    ;;
  *)
    echo "The check of $PROJECT failed with exit code $code:"
    printf '%s\n' "$report" | tail -n 1
    ;;
esac
exit "$code"
