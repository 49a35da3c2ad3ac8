# Build folders. The release build is what users run; the others exist to find mistakes.

build_options() {
	case $1 in
	build) echo --buildtype=release -Db_lto=true ;;
	build-asan) echo -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false ;;
	build-tsan) echo -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false ;;
	build-fuzz) echo -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true ;;
	esac
}

configure_dir() {
	local dir=$1 compiler=gcc options
	[ ! -e "$dir/build.ninja" ] || return 0
	say "configuring $dir"
	[ "$dir" != build-fuzz ] || compiler=clang
	read -ra options <<<"$(build_options "$dir")"
	CC=${CC:-$compiler} quietly "$dir/configure.log" meson setup "$dir" "${options[@]}"
}

# build_dir FOLDER [TARGET…]: without a target, everything.
build_dir() {
	local dir=$1
	shift
	configure_dir "$dir" || return
	say "building $dir"
	ninja_progress "$dir" "$@"
}

# ninja with a terminal rewrites one line; without one it would print a line per file: every tenth is enough.
ninja_progress() {
	local dir=$1
	shift
	if [ -t 1 ]; then
		ninja -C "$dir" "$@" </dev/null
	else
		NINJA_STATUS='[%p] ' ninja -C "$dir" "$@" </dev/null 2>&1 | every_tenth
	fi
}

every_tenth() {
	local line last=
	while IFS= read -r line; do
		if [[ $line =~ ^\[\ *([0-9]*)[0-9]%\] ]]; then
			[ "${BASH_REMATCH[1]}" != "$last" ] || continue
			last=${BASH_REMATCH[1]}
		fi
		printf '    %s\n' "$line"
	done
}

# build_docs FOLDER: the pages that are generated from tables, written into FOLDER.
build_docs() {
	build_dir build docs_from_tables
	build/docs_from_tables "$1"
}
