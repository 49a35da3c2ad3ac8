# What the script tells its user.

say() { printf '==> %s\n' "$*"; }

die() {
	printf 'dev: %s\n' "$*" >&2
	exit 1
}

# quietly LOG COMMAND…: runs it into LOG; the end of the log is shown only when it fails.
quietly() {
	local log=$1 rc=0
	shift
	mkdir -p "$(dirname "$log")"
	"$@" >"$log" 2>&1 </dev/null || rc=$?
	if [ $rc -ne 0 ]; then
		tail -n 40 "$log" >&2
		printf 'dev: failed: %s (all of it: %s)\n' "$*" "$log" >&2
	fi
	return $rc
}
