#!/bin/sh
# user_manager.sh FOLDER COMMAND...: run a command beside a real systemd user manager, in mount,
# process and cgroup namespaces of its own, with FOLDER as home. Exits with 77 where none can be had.
set -u
if [ "$1" = --inside ]; then
  mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 77
  mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system /run/user/0 && chmod 700 /run/user/0
  export XDG_RUNTIME_DIR=/run/user/0 HOME="$2"
  unset DBUS_SESSION_BUS_ADDRESS XDG_CONFIG_HOME
  /usr/lib/systemd/systemd --user --log-target=console >"$2/manager.log" 2>&1 &
  for _ in $(seq 200); do
    systemctl --user show --property=Version >/dev/null 2>&1 && break
    sleep 0.1
  done
  systemctl --user show --property=Version >/dev/null || { cat "$2/manager.log" >&2; exit 77; }
  shift 2
  "$@"
  exit
fi
command -v unshare systemctl /usr/lib/systemd/systemd >/dev/null || exit 77
groups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
own=$groups/tinyarms-test-$$
[ -n "$groups" ] && mkdir "$own" || exit 77
(
  sh -c 'echo $PPID' >"$own/cgroup.procs" || exit 77
  exec unshare --cgroup --mount --pid --fork --mount-proc --kill-child sh "$0" --inside "$@"
)
code=$?
for _ in $(seq 50); do
  find "$own" -depth -type d -exec rmdir {} + 2>/dev/null && break
  sleep 0.1
done
exit $code
