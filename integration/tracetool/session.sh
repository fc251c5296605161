# usage: session.sh FOLDER PROGRAM...
#
# Runs programs one after another under an LTTng session of its own and leaves in FOLDER the events (`trace.txt`) and
# what the programs printed (`printed.txt`). To be called in a mount and a PID namespace: what LTTng keeps in /run and
# /dev/shm is private, and its daemons end with the namespace.
set -eu
folder=$1
shift
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/shm
export HOME="$folder/home" LTTNG_UST_REGISTER_TIMEOUT=-1
unset LTTNG_HOME LTTNG_UST_DEBUG
mkdir -p "$HOME"

# in a user namespace there is no group but root
lttng-sessiond --no-kernel --group=root --daemonize
lttng create consumers --output="$folder/trace"
lttng enable-channel --userspace --subbuf-size=8M --num-subbuf=4 all
lttng enable-event --userspace --channel=all 'qemu:*'
lttng start
for program; do
    "$program"
done >"$folder/printed.txt"
lttng stop
lttng destroy
babeltrace2 --no-delta "$folder/trace" >"$folder/trace.txt"
