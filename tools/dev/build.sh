# Build folders. The release build is what users run; the others exist to find mistakes.

build_options() {
	case $1 in
	build) echo --buildtype=release ;;
	build-asan) echo -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false ;;
	build-tsan) echo -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false ;;
	build-fuzz) echo -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false -Dfuzz=true ;;
	esac
}

# build_dir FOLDER [TARGET…]: configures FOLDER once, then builds the targets (without any: all).
build_dir() {
	local dir=$1
	shift
	if [ ! -e "$dir/build.ninja" ]; then
		say "configuring $dir"
		local options
		read -ra options <<<"$(build_options "$dir")"
		CC=$([ "$dir" = build-fuzz ] && echo clang || echo "${CC:-gcc}") \
			quietly "$dir/configure.log" meson setup "$dir" "${options[@]}"
	fi
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
