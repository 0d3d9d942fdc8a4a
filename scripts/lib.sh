# shellcheck shell=bash
# What the scripts share: where things are kept, and how a component is installed once.
# Sourced, never run. Callers have `set -euo pipefail`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/witnessmark
mkdir -p "$CACHE"

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }
need() { command -v "$1" >/dev/null || die "\`$1\` is needed: $2"; }

# Every component is a function `install_NAME DIR` that fills DIR, and a function
# `inputs_NAME` that prints what the result depends on beside that function's own text.
# It lies under NAME-<hash of both>: a changed recipe is a new folder, never a mix.

inputs_moto() { python3 --version; cat "$ROOT/testenv/moto.txt"; }
install_moto() { venv "$1" "$ROOT/testenv/moto.txt"; }

inputs_ministack() { python3 --version; cat "$ROOT/testenv/ministack.txt"; }
install_ministack() { venv "$1" "$ROOT/testenv/ministack.txt"; }

inputs_opa() { go_version; }
install_opa() { go_install "$1" github.com/open-policy-agent/opa@v1.22.0; }

inputs_cosign() { go_version; }
install_cosign() { go_install "$1" github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3; }

inputs_oracle() { go_version; cat "$ROOT"/testenv/go-oracle/{go.mod,go.sum,main.go}; }
install_oracle() {
	need_go
	(cd "$ROOT/testenv/go-oracle" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$1/oracle" .)
}

inputs_sigstore_js() { node --version; cat "$ROOT"/testenv/sigstore-js/{package-lock.json,verify.mjs}; }
install_sigstore_js() {
	need npm 'install Node.js 20 or newer'
	cp "$ROOT"/testenv/sigstore-js/{package.json,package-lock.json,verify.mjs} "$1/"
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}

# Another implementation of AWS' policy evaluation, asked as a program of its own.
inputs_iam_simulate() { node --version; cat "$ROOT"/testenv/iam-simulate/{package-lock.json,answer.mjs}; }
install_iam_simulate() {
	need npm 'install Node.js 20 or newer'
	cp "$ROOT"/testenv/iam-simulate/{package.json,package-lock.json,answer.mjs} "$1/"
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}

# The API server and what it needs, from the Go module proxy. `go install` refuses a module with replace lines; a
# throw-away module that repeats them, with the released versions in place of the local folders, does not.
inputs_kubernetes() { go_version; }
install_kubernetes() {
	local version=1.36.3 etcd=v3.6.16 manifest ldflags package
	need_go
	mkdir "$1/kubernetes" "$1/etcd-module"
	cd "$1/kubernetes"
	manifest=$(go mod download -json "k8s.io/kubernetes@v$version" | python3 -c 'import json, sys; print(json.load(sys.stdin)["GoMod"])')
	{
		printf 'module testenv/kubernetes\n\n'
		grep -m1 '^go ' "$manifest"
		printf 'require k8s.io/kubernetes v%s\n' "$version"
		printf 'tool k8s.io/kubernetes/cmd/%s\n' kube-apiserver kube-controller-manager kubectl
		sed -n 's#^[[:space:]]*\(k8s.io/[a-z-]*\) => ./staging.*#replace \1 => \1 v0.'"${version#1.}"'#p' "$manifest"
		sed -n '/^godebug/,/^)/p' "$manifest"
	} >go.mod
	go mod tidy
	ldflags='-s -w'
	for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
		ldflags+=" -X $package.gitVersion=v$version -X $package.gitMajor=1 -X $package.gitMinor=36"
	done
	CGO_ENABLED=0 go build -trimpath -ldflags "$ldflags" -o "$1/" \
		k8s.io/kubernetes/cmd/kube-apiserver k8s.io/kubernetes/cmd/kube-controller-manager k8s.io/kubernetes/cmd/kubectl
	cd "$1/etcd-module"
	printf 'module testenv/etcd\n\ngo 1.26\n' >go.mod
	go get "go.etcd.io/etcd/server/v3@$etcd"
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$1/etcd" go.etcd.io/etcd/server/v3
	rm -rf "$1/kubernetes" "$1/etcd-module"
}

# Prism, which holds answers against a description, and GitHub's recorded answers. GitHub's description itself is in the tree.
inputs_github() { node --version; cat "$ROOT"/testenv/github/package-lock.json; }
install_github() {
	need npm 'install Node.js 20 or newer'
	cp "$ROOT"/testenv/github/{package.json,package-lock.json} "$1/"
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}

# PKCS#11 modules out of Debian's packages, unpacked and not installed, and one that misbehaves.
inputs_pkcs11() { cat /etc/os-release; uname -m; declare -f debian unpack; cat "$ROOT/testenv/pkcs11/odd.c"; }
install_pkcs11() {
	need cc 'install a C compiler (Debian: build-essential)'
	debian "$1" libsofthsm2 softhsm2-common opensc opensc-pkcs11 libp11-kit-dev
	cd "$1"
	mkdir lib
	ln -s ../"$(echo root/usr/lib/*/libopensc.so.8)" lib/
	ln -s root/usr/bin/pkcs11-tool pkcs11-tool
	ln -s "$(find root/usr/lib -name libsofthsm2.so -type f)" softhsm.so
	ln -s "$(echo root/usr/lib/*/pkcs11-spy.so)" spy.so
	cc -shared -fPIC -Wall -Werror -o odd.so "$ROOT/testenv/pkcs11/odd.c" -Iroot/usr/include/p11-kit-1
}

# A second PKCS#11 implementation, on the machine's OpenSSL and SQLite. Its bindings are made with a libclang that is only unpacked.
inputs_kryoptic() { cat /etc/os-release; uname -m; rustc --version; declare -f debian unpack; cat "$ROOT"/testenv/kryoptic/{Cargo.toml,Cargo.lock,src/lib.rs}; }
install_kryoptic() {
	need pkg-config 'install pkg-config'
	pkg-config --exists 'openssl >= 3.0' sqlite3 || die 'OpenSSL and SQLite are needed with their headers (Debian: libssl-dev, libsqlite3-dev)'
	mkdir "$1/clang"
	debian "$1/clang" libclang1-14 libclang-common-14-dev libllvm14
	local libraries resources
	libraries=$(echo "$1"/clang/root/usr/lib/*-linux-gnu)
	resources=$(echo "$1"/clang/root/usr/lib/llvm-14/lib/clang/14*/include)
	mkdir "$1/link"
	ln -s "$(echo "$libraries"/libclang-14.so.1)" "$1/link/libclang.so"
	LIBCLANG_PATH=$1/link LD_LIBRARY_PATH=$libraries BINDGEN_EXTRA_CLANG_ARGS="-isystem $resources" CARGO_TARGET_DIR=$1/target \
		cargo build --locked --quiet --manifest-path "$ROOT/testenv/kryoptic/Cargo.toml" >&2
	cp "$1/target/debug/libkryoptic_module.so" "$1/kryoptic.so"
	rm -rf "$1/clang" "$1/link" "$1/target"
}

# What reads units as systemd does. The machine need not run under it.
inputs_systemd() { cat /etc/os-release; uname -m; declare -f debian unpack; }
install_systemd() {
	debian "$1" systemd libsystemd-shared libsystemd0
	ln -s "$(cd "$1" && echo root/usr/lib/*-linux-gnu)" "$1/lib"
}

# A browser without a window, with the libraries that it needs and this machine lacks, and what finds barriers in a page.
inputs_browser() { cat /etc/os-release; uname -m; declare -f debian_closure unpack fetch_closure; cat "$ROOT"/testenv/browser/package-lock.json; }
install_browser() {
	need npm 'install Node.js 20 or newer'
	debian_closure "$1" chromium-headless-shell fonts-dejavu-core
	ln -s "$(cd "$1" && echo root/usr/lib/*-linux-gnu)" "$1/lib"
	printf '<fontconfig><dir prefix="relative">root/usr/share/fonts</dir></fontconfig>\n' >"$1/fonts.conf"
	cp "$ROOT"/testenv/browser/{package.json,package-lock.json} "$1/"
	(cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
}

# What reads workflows as GitHub does.
inputs_actionlint() { go_version; }
install_actionlint() { go_install "$1" github.com/rhysd/actionlint/cmd/actionlint@v1.7.12; }

# What renders and checks the chart as its users do.
inputs_helm() { go_version; }
install_helm() { go_install "$1" helm.sh/helm/v4/cmd/helm@v4.3.2; }

inputs_kubeconform() { go_version; }
install_kubeconform() { go_install "$1" github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0; }

# An object store. Run as a program of its own, never linked: its licence is the AGPL.
inputs_minio() { go_version; }
install_minio() { go_install "$1" github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c; }

# What reads scripts and recipes of images: shellcheck and hadolint, programs of their own that come as wheels.
inputs_linters() { python3 --version; cat "$ROOT/testenv/linters.txt"; }
install_linters() { venv "$1" "$ROOT/testenv/linters.txt"; }

COMPONENTS=(moto ministack opa actionlint cosign oracle sigstore_js iam_simulate kubernetes github pkcs11 kryoptic systemd browser helm kubeconform linters minio)

# ---- helpers of the recipes

need_go() { need go 'install Go 1.26 or newer'; }
go_version() { need_go; go version; }
go_install() { need_go; GOBIN=$1 CGO_ENABLED=0 go install -trimpath -ldflags '-s -w' "$2"; }

# Unpacks Debian packages of this machine's release under DIR/root. Their lists are fetched anew, beside those of the machine.
debian() { unpack "$1" fetch_named "${@:2}"; }
# The same, with all that they need and this machine lacks.
debian_closure() { unpack "$1" fetch_closure "${@:2}"; }
fetch_named() { "${apt[@]}" download "$@"; }
fetch_closure() {
	"${apt[@]}" install --yes --no-install-recommends --reinstall --download-only "$@"
	mv ./cache/archives/*.deb .
}
unpack() {
	local dir=$1 fetch=$2 package apt
	shift 2
	need apt-get "unpack by hand what its recipe in scripts/lib.sh names ($*): it comes from Debian's packages"
	mkdir -p "$dir"/apt/state/lists/partial "$dir"/apt/cache/archives/partial "$dir/root"
	apt=(apt-get -qq -o Dir::State="$dir/apt/state" -o Dir::Cache="$dir/apt/cache" -o Dir::State::status=/var/lib/dpkg/status
		-o Debug::NoLocking=true -o APT::Sandbox::User="$(id -un)")
	"${apt[@]}" update >&2
	(cd "$dir/apt" && "$fetch" "$@" >&2)
	for package in "$dir"/apt/*.deb; do dpkg-deb --extract "$package" "$dir/root"; done
	rm -rf "$dir/apt"
}

# A virtual environment is used by its `bin/python -m …`: that survives the rename below, its scripts would not.
venv() {
	need python3 'install Python 3.10 or newer with its venv module'
	python3 -m venv "$1"
	"$1/bin/python" -m pip install --quiet --no-cache-dir --requirement "$2" >&2
}

# ---- installing

# The compiler that rust-toolchain.toml names. A machine that has the same release under the name `stable`
# and may not download one is good too.
ensure_rust() {
	local wanted
	need cargo 'install the Rust toolchain with rustup'
	wanted=$(sed -n 's/^channel = "\(.*\)"/\1/p' "$ROOT/rust-toolchain.toml")
	command -v rustup >/dev/null || return 0
	if ! (cd "$ROOT" && rustc --version >/dev/null 2>&1) && ! rustup toolchain install "$wanted" --profile minimal >&2; then
		rustc +stable --version | grep -q "^rustc $wanted " || die "Rust $wanted is needed: rustup toolchain install $wanted"
		export RUSTUP_TOOLCHAIN=stable
	fi
	(cd "$ROOT" && { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1) || rustup component add rustfmt clippy >&2
}

component_dir() {
	local hash
	hash=$({ declare -f "install_$1" venv go_install; "inputs_$1"; } | sha256sum | cut -c1-16)
	printf '%s/%s-%s\n' "$CACHE" "$1" "$hash"
}

# Prints the folder of a component, installing it first where it is missing.
# Built beside its place and renamed when whole: an interrupted install is done again.
component() {
	local name=$1 dir scratch
	dir=$(component_dir "$name")
	if [[ ! -f $dir/.ok ]]; then
		local started=$SECONDS
		rm -rf "$dir"
		scratch=$(mktemp -d "$CACHE/.$name.XXXXXX")
		if ! ("install_$name" "$scratch"); then
			rm -rf "$scratch"
			die "installing \`$name\` failed"
		fi
		touch "$scratch/.ok"
		mv -T "$scratch" "$dir" 2>/dev/null || { [[ -f $dir/.ok ]] && rm -rf "$scratch"; }
		say "installed $name in $((SECONDS - started)) s"
	fi
	printf '%s\n' "$dir"
}

# Names the build folder by compiler, so that a new one starts afresh; starts afresh as well
# when what older dependencies left behind has grown too large.
cargo_target() {
	local name=$1 dir size
	dir=$CACHE/cargo-$name-$(rustc -vV | sha256sum | cut -c1-12)
	mkdir -p "$dir"
	size=$(du -sm "$dir" | cut -f1)
	if ((size > 20000)); then
		say "the build folder $dir has grown to $size MB: starting afresh"
		rm -rf "$dir"
		mkdir -p "$dir"
	fi
	printf '%s\n' "$dir"
}

# Removes from a build folder what was built of this workspace's own crates.
forget_our_own() {
	local kind
	for kind in witnessmark collector- collector_ workspace-tests workspace_tests xtask; do
		find "$1" -maxdepth 5 \( -path '*/.fingerprint/*' -o -path '*/build/*' -o -path '*/deps/*' -o -path '*/incremental/*' \) \
			\( -name "$kind*" -o -name "lib$kind*" \) -prune -exec rm -rf {} +
	done
}
