# Installs what the machine lacks. dpkg is asked each time, so a package that was removed meanwhile comes
# back, and a run that lacks nothing takes milliseconds.

declare -A packages=(
	[build]='ca-certificates curl gcc libc6-dev meson ninja-build pkgconf
		libuv1-dev libllhttp-dev libyyjson-dev libyaml-dev libxxhash-dev libssl-dev zlib1g-dev libpcre2-dev libstemmer-dev
		libcmocka-dev'
	# The linters; the runtime of the fuzzers and llvm for the line numbers in their reports; git for the list of files;
	# Go for its SDK; the web servers stand behind the gateway where requests are smuggled; slow clients.
	[test]='clang clang-tidy libclang-rt-dev llvm cppcheck shellcheck git python3-venv golang-1.24-go
		nginx apache2-bin lighttpd haproxy h2o slowhttptest'
	[bench]='nginx haproxy slowhttptest wrk libsqlite3-dev'
)

# Not in Debian 12: they come from Debian 13, whose build of them needs only an old libc.
packages_from_trixie=(libllhttp-dev libyyjson-dev golang-1.24-go)
# Left Debian after 12: the tests that want them are skipped without them.
packages_only_bookworm=(h2o)

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root, and there is no sudo: install by hand: ${missing[*]}"
	fi
}

# install_packages GROUP…
install_packages() {
	local group list wanted=() missing=()
	for group in "$@"; do
		read -ra list -d '' <<<"${packages[$group]}" || true
		wanted+=("${list[@]}")
	done
	mapfile -t missing < <(packages_missing "${wanted[@]}" | packages_there_are)
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing with apt: ${missing[*]}"
	mkdir -p build
	add_trixie
	quietly build/apt-update.log as_root apt-get -q update
	without_services apt_install "${missing[@]}" || {
		tail -n 40 build/apt-install.log >&2
		die "apt failed (all of it: build/apt-install.log)"
	}
	services_off "${missing[@]}"
	mapfile -t missing < <(packages_missing "${missing[@]}")
	[ ${#missing[@]} -eq 0 ] || die "apt did not install: ${missing[*]}"
}

packages_missing() {
	comm -23 <(printf '%s\n' "$@" | sort -u) \
		<(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p' | sort -u)
}

# Of the packages on its input, those that this Debian can have.
packages_there_are() {
	if on_bookworm; then
		cat
	else
		grep -vxF "$(printf '%s\n' "${packages_only_bookworm[@]}")" || true
	fi
}

on_bookworm() (
	. /etc/os-release
	[ "${VERSION_CODENAME:-}" = bookworm ]
)

# apt's text goes to a log, its progress through a descriptor of its own: sudo would close it, so a shell within
# opens it.
apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive sh -c 'exec apt-get -q -y --no-install-recommends install \
		-o APT::Status-Fd=3 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 "$@" 3>&1 >build/apt-install.log 2>&1' \
		sh "$@" </dev/null | apt_progress
}

apt_progress() {
	local kind percent text last=
	while IFS=: read -r kind _ percent text; do
		[ "$kind" = dlstatus ] && kind=fetching || kind=installing
		percent=${percent%.*}
		[ "$kind${percent%?}" != "$last" ] || continue
		last=$kind${percent%?}
		printf '    %-10s %3d %%  %s\n' "$kind" "$percent" "${text##*: }"
	done
}

# Debian 12 only: makes the `trixie` suite known, at a priority below everything that is installed or in
# Debian 12, so that nothing else comes from it. The mirror is the one that the machine already uses.
add_trixie() {
	on_bookworm || return 0
	local mirror file=/etc/apt/sources.list.d/layer-trixie.sources
	[ ! -e $file ] || return 0
	mirror=$(debian_mirror bookworm)
	[ -n "$mirror" ] || die "found no Debian mirror in the apt sources of this machine"
	say "adding the trixie suite of $mirror, for ${packages_from_trixie[*]} only"
	as_root tee /etc/apt/preferences.d/layer-trixie >/dev/null <<-'END'
		Package: *
		Pin: release n=trixie
		Pin-Priority: 100
	END
	as_root tee $file >/dev/null <<-END
		Types: deb
		URIs: $mirror
		Suites: trixie
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	END
}

# debian_mirror SUITE: the address from which this machine's apt takes that suite.
debian_mirror() {
	apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 2>/dev/null |
		awk -v suite="$1" '$2 == suite && $3 == "main" && !found++ { print $1 }'
}

# Runs a command during which no package may start a service: web servers are wanted as programs only.
without_services() (
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'as_root rm -f $policy' EXIT
		printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin $policy
	fi
	"$@"
)

# What was not started now shall not start with the machine either.
services_off() {
	local package
	for package in "$@"; do
		case $package in
		nginx | lighttpd | haproxy | h2o) ! command -v systemctl >/dev/null || as_root systemctl disable --quiet "$package" ;;
		esac
	done
}

# Python packages, and Node with them, into build/venv; again when the list changes.
install_python() {
	local list=tests/e2e/requirements.txt stamp=build/venv/requirements.sha256
	! sha256sum --status -c $stamp 2>/dev/null || return 0
	say "installing the Python packages of $list into build/venv"
	rm -rf build/venv
	/usr/bin/python3 -m venv build/venv
	quietly build/pip.log build/venv/bin/pip install --no-input --disable-pip-version-check -r $list
	sha256sum $list >$stamp
}

# install_node FOLDER: the packages of FOLDER/package-lock.json, with the Node from build/venv.
install_node() {
	local stamp=$1/node_modules/.lock.sha256
	! sha256sum --status -c "$stamp" 2>/dev/null || return 0
	say "installing the Node packages of $1"
	PATH=$PWD/build/venv/bin:$PATH quietly build/npm.log npm --prefix "$1" ci --no-fund --no-audit
	sha256sum "$1/package-lock.json" >"$stamp"
}

# The modules of every go.sum into build/go, which checks each against its sum; again when one changes. Debian's
# package puts no `go` on the path.
install_go() {
	local sum stamp=build/go/modules.sha256 sums=()
	mapfile -t sums < <(git ls-files '*go.sum')
	! sha256sum --status -c $stamp 2>/dev/null || return 0
	mkdir -p build/go
	for sum in "${sums[@]}"; do
		say "installing the Go modules of ${sum%/go.sum}"
		GOTOOLCHAIN=local GOFLAGS='-mod=readonly -modcacherw' GOMODCACHE=$PWD/build/go/modules \
			quietly build/go/download.log /usr/lib/go-1.24/bin/go -C "${sum%/go.sum}" mod download
	done
	sha256sum "${sums[@]}" >$stamp
}
