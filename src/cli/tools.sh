#!/bin/sh
# What the project needs on a machine: says it, and installs it on Debian and Ubuntu.
#
#   sh src/cli/tools.sh install PURPOSE    PURPOSE: node, kernel, board, rpi4, test, bench or gdb; NO_INSTALL=1 only prints the commands
#   sh src/cli/tools.sh doctor             everything, with versions; exit 1 when something is missing
#
# Plain sh, because it runs before anything is installed: only Node, npm, make and git are taken for granted.
# Checked by: test/cli/tools.test.ts
set -u
cd "$(dirname "$0")/../.." || exit 1

NODE_MINIMUM=20.11

# tool, apt package, purposes, what it is for. Versioned names (clang-14, clang-18) differ from one release to the next, so
# only the default ones are used. A tool that begins with a slash is a file: a library's header.
tools() {
  cat <<'TABLE'
clang clang kernel,board,test,bench,gdb compiles Porffor's C and the boot code
ld.lld lld kernel,board,test,bench,gdb links the kernel
llvm-objcopy llvm kernel,board,test,bench,gdb makes kernel8.img out of the linked kernel
llvm-objdump llvm kernel,board,test,bench,gdb shows machine code (gate, make listing)
llvm-nm llvm kernel,board,test,bench,gdb lists symbols (gate)
llvm-size llvm kernel,board,test,bench,gdb measures sections (make size)
llvm-symbolizer llvm kernel,board,test,bench,gdb finds the TypeScript lines for backtraces
qemu-system-aarch64 qemu-system-arm kernel,board,test,bench,gdb runs the kernel
llvm-dwarfdump llvm test finds the TypeScript line of each instruction (make atomic-sites)
dtc device-tree-compiler board,test makes the device trees of boards whose emulator has none
mcopy mtools board,test makes card images without root
gdb-multiarch gdb-multiarch test,gdb debugs the kernel by TypeScript line
cargo cargo test,bench builds the Rust queues of the comparison
/usr/include/dpdk/rte_ring.h libdpdk-dev test,bench is a queue of the comparison
/usr/include/boost/lockfree/spsc_queue.hpp libboost-dev test,bench is a queue of the comparison
/usr/include/concurrentqueue/concurrentqueue.h libconcurrentqueue-dev test,bench is a queue of the comparison
/usr/include/liburing.h liburing-dev test,bench is a queue of the comparison
TABLE
}

have() {
  case "$1" in
    /*) [ -e "${SYSROOT:-}$1" ] ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

# Debian 12 has a cargo that is too old for the crates, and a newer one under another name.
package_name() {
  if [ "$1" = cargo ] && apt-cache show cargo-web >/dev/null 2>&1; then echo cargo-web; else echo "$1"; fi
}

# Missing tools for a purpose: lines "package what-for", one for each package.
missing_packages() {
  seen=' '
  tools | while read -r tool package purposes why; do
    case ",$purposes," in *",$1,"*) ;; *) continue ;; esac
    have "$tool" && continue
    case "$seen" in *" $package "*) continue ;; esac
    seen="$seen$package "
    echo "$(package_name "$package") $why"
  done
}

# Whether node_modules lacks what package-lock.json asks for. npm writes its own copy of the lock last, so an interrupted
# installation counts as none.
npm_is_behind() {
  [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]
}

# A version as one number, for comparison: 20.11 -> 20011.
version_number() { echo "$1" | sed 's/^v//' | { IFS=. read -r major minor rest; echo $((major * 1000 + ${minor:-0})); }; }

node_is_old() {
  version=$(node --version 2>/dev/null) || return 0
  [ "$(version_number "$version")" -lt "$(version_number "$NODE_MINIMUM")" ]
}

# The prefix that lets a command change the system: nothing for root, sudo for others, and a failure where there is none.
as_root() {
  if [ "$(id -u)" = 0 ]; then echo; elif have sudo; then echo 'sudo '; else return 1; fi
}

install_command() { echo "$(as_root || echo 'sudo ')apt-get install -y --no-install-recommends $*"; }

require_node() {
  if ! have node || ! have npm; then
    echo "Node.js $NODE_MINIMUM or later with npm is needed and not installed; please install it first." >&2
    exit 1
  fi
  if node_is_old; then
    echo "Node.js $NODE_MINIMUM or later is needed, and this is $(node --version); please install a newer one." >&2
    exit 1
  fi
}

# Waits for another apt to finish: a freshly started machine often runs one of its own.
apt() { ${prefix}env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null; }

install_packages() {
  packages=$(echo "$1" | sed 's/ .*//' | tr '\n' ' ' | sed 's/ $//')
  if ! have apt-get; then
    echo "Needed, and this is no Debian or Ubuntu, so please install them by hand (Debian's names): $packages." >&2
    exit 1
  fi
  if [ "${NO_INSTALL:-}" = 1 ]; then
    install_command "$packages"
    echo "Needed and not installed: $packages; NO_INSTALL=1 leaves the command above to you." >&2
    exit 1
  fi
  if ! prefix=$(as_root); then
    echo "Needed and not installed: $packages; please run as root: $(install_command "$packages" | sed 's/^sudo //')" >&2
    exit 1
  fi
  echo "Installing from apt, as this machine lacks them:"
  echo "$1" | while read -r package why; do printf '  %-16s %s\n' "$package" "$why"; done
  # Package lists are missing on a fresh machine and out of date on an old one: fetched before, or after a first failure.
  fresh=no
  # shellcheck disable=SC2086 # a list of package names
  if ! apt-cache show $packages >/dev/null 2>&1; then
    apt update || true
    fresh=yes
  fi
  # shellcheck disable=SC2086
  apt install -y --no-install-recommends $packages && return
  if [ $fresh = no ]; then
    # shellcheck disable=SC2086
    apt update && apt install -y --no-install-recommends $packages && return
  fi
  echo "apt-get could not install $packages; its own words are above." >&2
  exit 1
}

install_npm() {
  if [ "${NO_INSTALL:-}" = 1 ]; then
    echo 'npm ci'
    echo "The npm packages of package-lock.json are not installed; NO_INSTALL=1 leaves the command above to you." >&2
    exit 1
  fi
  echo "Installing the npm packages of package-lock.json into node_modules (npm ci)."
  if ! npm ci --no-fund --no-audit </dev/null; then
    echo "npm ci failed; its own words are above." >&2
    exit 1
  fi
  # npm may keep the time of an older copy; make compares times.
  touch node_modules/.package-lock.json
}

install() {
  require_node
  packages=$(missing_packages "$1")
  if [ -n "$packages" ]; then
    install_packages "$packages"
    packages=$(missing_packages "$1")
    if [ -n "$packages" ]; then
      echo "Installed, and yet a tool of these packages is not on PATH: $(echo "$packages" | sed 's/ .*//' | tr '\n' ' ')" >&2
      exit 1
    fi
  fi
  if npm_is_behind; then install_npm; fi
}

# ---- A QEMU with a machine that the installed one lacks, from the distribution's backports. Where there is none, nothing is said or
# done: whoever wants the machine says so in one sentence (src/cli/boards.ts).

MACHINE_QEMU=9

has_machine() { qemu-system-aarch64 -machine help 2>/dev/null | grep -q "^$1 "; }

# The backports in which apt, with more options of its own, finds a QEMU that is new enough.
backports_suite() {
  apt-cache "$@" madison qemu-system-arm 2>/dev/null \
    | sed -n 's/^ *qemu-system-arm *| *[0-9]*:\([0-9]*\)[^|]*| *[^ ]* \([a-z]*-backports\)\/.*/\1 \2/p' \
    | while read -r major suite; do if [ "$major" -ge $MACHINE_QEMU ]; then echo "$suite"; break; fi; done
}

# The archives of Debian among apt's sources, as far as its lists know them.
debian_sites() {
  apt-get indextargets --format '$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(SITE)' 'Created-By: Packages' 2>/dev/null | sed -n "s/^Debian|$1|main|//p"
}

# For a Debian without backports among its sources: the same archives, their backports, in a folder of sources for these calls only.
temporary_sources() {
  codename=$(sed -n 's/^VERSION_CODENAME=//p' "${SYSROOT:-}/etc/os-release" 2>/dev/null)
  grep -q '^ID=debian$' "${SYSROOT:-}/etc/os-release" 2>/dev/null && [ -n "$codename" ] || return 1
  sites=$(debian_sites "$codename")
  if [ -z "$sites" ]; then
    apt update >/dev/null 2>&1
    sites=$(debian_sites "$codename")
  fi
  [ -n "$sites" ] || return 1
  echo "$sites" | while read -r site; do echo "deb $site $codename-backports main"; done >"$1/backports.list"
}

install_newer_qemu() {
  # shellcheck disable=SC2086 # options of apt
  suite=$(backports_suite $1)
  [ -n "$suite" ] || return 1
  echo "This QEMU has no machine $2: installing a newer one from $suite, in its place."
  # shellcheck disable=SC2086
  apt $1 install -y --no-install-recommends --no-remove -t "$suite" qemu-system-arm && has_machine "$2"
}

# Whatever comes of it, the caller goes on.
newer_qemu() {
  if [ -n "${QEMU:-}" ] || has_machine "$1" || ! have apt-get; then return; fi
  suite=$(backports_suite)
  if [ "${NO_INSTALL:-}" = 1 ] || ! prefix=$(as_root); then
    if [ -n "$suite" ]; then install_command -t "$suite" qemu-system-arm; fi
    return
  fi
  if [ -n "$suite" ]; then install_newer_qemu '' "$1"; return; fi
  sources=$(mktemp -d) || return
  chmod 755 "$sources"
  only="-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$sources"
  # shellcheck disable=SC2086
  if temporary_sources "$sources" && apt $only -o APT::Get::List-Cleanup=false -o Acquire::Retries=0 -o Acquire::http::Timeout=10 update >/dev/null 2>&1; then
    for file in "${SYSROOT:-}"/etc/apt/sources.list "${SYSROOT:-}"/etc/apt/sources.list.d/*; do
      if [ -f "$file" ]; then cp "$file" "$sources"; fi
    done
    install_newer_qemu "$only" "$1"
  fi
  rm -rf "$sources"
}

row() { printf '  %-8s %-20s %-12s %s\n' "$1" "$2" "$3" "$4"; }

first_version() { "$1" --version 2>/dev/null | grep -o '[0-9][0-9]*\.[0-9][0-9.]*' | head -n 1; }

# Porffor's compiler is a program of its own for each platform; its first releases lack some.
porffor_binary() {
  for found in node_modules/@porffor/*/porf; do [ -f "$found" ] && return; done
  return 1
}

doctor() {
  broken=no
  if ! have node; then row missing node '' "install Node.js $NODE_MINIMUM or later"; broken=yes
  elif node_is_old; then row old node "$(first_version node)" "install Node.js $NODE_MINIMUM or later"; broken=yes
  else row ok node "$(first_version node)" 'runs the tools and the Node target'; fi
  if have npm; then row ok npm "$(first_version npm)" 'installs the npm packages'
  else row missing npm '' 'comes with Node.js'; broken=yes; fi
  row ok make "$(first_version make)" 'runs all commands'
  absent=''
  while read -r tool package purposes why; do
    if have "$tool"; then row ok "${tool##*/}" "$(first_version "$tool")" "$why"; continue; fi
    package=$(package_name "$package")
    row missing "${tool##*/}" '' "package $package: $why"
    broken=yes
    case " $absent " in *" $package "*) ;; *) absent="$absent $package" ;; esac
  done <<LIST
$(tools)
LIST
  if npm_is_behind; then row missing 'npm packages' '' 'npm ci'; broken=yes
  elif porffor_binary; then row ok 'npm packages' '' 'as package-lock.json asks'
  else row missing porffor '' "no compiler for $(uname -sm): Porffor publishes none for it, or npm left it out"; broken=yes; fi
  echo
  if [ $broken = no ]; then
    echo 'Everything needed is here.'
    return 0
  fi
  if [ -n "$absent" ]; then
    if have apt-get; then echo "Install with:$(printf '\n  %s' "$(install_command "${absent# }")")"
    else echo "Install by hand (Debian's names):$absent"; fi
  fi
  if npm_is_behind; then echo 'Install the npm packages with:'; echo '  npm ci'; fi
  echo 'make run and make test do this by themselves on Debian and Ubuntu.'
  return 1
}

case "${1:-}" in
  install)
    case "${2:-}" in
      node|kernel|board|test|bench|gdb) install "$2" ;;
      rpi4) install board; newer_qemu raspi4b || true ;;
      *) echo 'tools.sh install: purpose must be node, kernel, board, rpi4, test, bench or gdb' >&2; exit 2 ;;
    esac ;;
  doctor) doctor ;;
  *) echo 'usage: tools.sh install PURPOSE | tools.sh doctor' >&2; exit 2 ;;
esac
