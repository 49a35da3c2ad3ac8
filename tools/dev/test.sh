# Tests. A stage that runs tests leaves build/results/NAME.xml (JUnit); tools/report.py adds them up.

# stage NAME COMMAND…: runs it whatever came before, and notes how it ended.
stage() {
	local name=$1 rc=0
	shift
	say "stage $name"
	"$@" || rc=$?
	printf '%s\t%s\n' "$name" $rc >>build/results/stages
}

# suite NAME FOLDER SUITE: builds and runs one suite of a build folder's tests.
suite() {
	local name=$1 dir=$2 suite=$3 rc=0
	configure_dir "$dir" || return
	meson test -C "$dir" --suite "$suite" --logbase "$suite" --print-errorlogs </dev/null || rc=$?
	cp "$dir/meson-logs/$suite.junit.xml" "build/results/$name.xml"
	return $rc
}

# Targets that read what anybody may send or what must be read again years later; they get a minute each.
FUZZ_LONG='filter manifest store_log'

# fuzz_for SECONDS NAME: looks for new inputs, starting from the corpus. What breaks the target stays in
# build-fuzz/found; with its bug mended it joins the corpus.
fuzz_for() {
	local seconds=$1 name=$2 dict=()
	echo "    $name, $seconds s"
	mkdir -p "build-fuzz/found/$name"
	[ ! -e "tests/fuzz/$name.dict" ] || dict=("-dict=tests/fuzz/$name.dict")
	quietly "build-fuzz/$name.log" "build-fuzz/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=2048 "${dict[@]}" -artifact_prefix="build-fuzz/found/$name/" \
		"build-fuzz/found/$name" "tests/fuzz/corpus/$name"
}

# All targets, two at a time, the long ones first.
fuzz_on() {
	local program name seconds running=0 rc=0 long=() short=()
	for program in build-fuzz/tests/fuzz/*_fuzz; do
		name=$(basename "$program" _fuzz)
		if [[ " $FUZZ_LONG " == *" $name "* ]]; then long+=("60 $name"); else short+=("5 $name"); fi
	done
	while read -r seconds name; do
		if [ $running -eq 2 ]; then wait -n || rc=1; else running=$((running + 1)); fi
		fuzz_for "$seconds" "$name" &
	done < <(printf '%s\n' "${long[@]}" "${short[@]}")
	for (( ; running > 0; running--)); do
		wait -n || rc=1
	done
	return $rc
}

# e2e NAME FOLDER [OPTION…]: the programs of FOLDER under pytest.
e2e() {
	local name=$1 dir=$2
	shift 2
	LAYER_BUILD=$PWD/$dir PATH=$PWD/build/venv/bin:$PATH build/venv/bin/python -m pytest tests \
		-q -rs --junitxml="build/results/$name.xml" "$@" </dev/null
}

node_packages() {
	local lock
	while IFS= read -r lock; do
		install_node "${lock%/package-lock.json}"
	done < <(git ls-files '*package-lock.json')
}

test_all() {
	install_packages build test
	mkdir -p build
	install_python
	node_packages
	install_go
	rm -rf build/results
	mkdir build/results
	case ${1:-} in
	--smoke)
		stage build build_dir build
		stage unit suite unit build unit
		stage e2e e2e e2e build -m smoke
		;;
	'')
		stage lint lint_all
		stage build build_dir build
		stage unit suite unit build unit
		stage build-asan build_dir build-asan
		stage unit-asan suite unit-asan build-asan unit
		stage unit-tsan suite unit-tsan build-tsan concurrent
		stage fuzz suite fuzz build-fuzz fuzz
		stage fuzz-on fuzz_on
		stage e2e e2e e2e build-asan
		stage build-tsan build_dir build-tsan layer-gateway layer-store
		stage e2e-tsan e2e e2e-tsan build-tsan -k 'test_concurrency or test_operations or test_relay'
		stage spec /usr/bin/python3 tools/check_spec.py build/results
		;;
	*) die "usage: ./dev test [--smoke]" ;;
	esac
	/usr/bin/python3 tools/report.py build/results
}
