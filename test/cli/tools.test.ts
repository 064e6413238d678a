/** The installer on machines that lack things: a made-up PATH is the machine, and a made-up apt-get writes down its calls. */
import { afterAll, describe, expect, test } from 'vitest';
import { spawnSync } from 'node:child_process';
import {
  chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../src/cli/tools.sh', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tools-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What every Debian has, however small: the only real programs on the made-up machines. */
const BASE = ['sh', 'sed', 'grep', 'head', 'cat', 'tr', 'dirname', 'env', 'touch', 'chmod', 'mkdir', 'mktemp', 'rm', 'cp', 'ls'];
const PACKAGE_TOOLS: Record<string, string[]> = {
  clang: ['clang'], lld: ['ld.lld'], llvm: ['llvm-objcopy', 'llvm-objdump', 'llvm-nm', 'llvm-size', 'llvm-symbolizer', 'llvm-dwarfdump'],
  'qemu-system-arm': ['qemu-system-aarch64'], 'device-tree-compiler': ['dtc'], mtools: ['mcopy'], 'gdb-multiarch': ['gdb-multiarch'],
  'cargo-web': ['cargo'], 'libdpdk-dev': ['/usr/include/dpdk/rte_ring.h'], 'libboost-dev': ['/usr/include/boost/lockfree/spsc_queue.hpp'],
  'libconcurrentqueue-dev': ['/usr/include/concurrentqueue/concurrentqueue.h'], 'liburing-dev': ['/usr/include/liburing.h'],
};
const BENCH_PACKAGES = 'cargo-web libdpdk-dev libboost-dev libconcurrentqueue-dev liburing-dev';
const KERNEL_PACKAGES = 'clang lld llvm qemu-system-arm';

interface Machine {
  packages?: string[];
  node?: string | undefined;
  user?: 'root' | 'sudo' | 'nobody';
  apt?: boolean;
  /** Package lists: there, missing until `apt-get update`, or older than the archive (the first installation fails). */
  lists?: 'fresh' | 'missing' | 'old';
  /** node_modules: as the lock file asks, absent, or older than it. */
  npm?: 'installed' | 'absent' | 'older';
  ubuntu?: boolean;
  /** Whether apt knows of backports, could if it were told where, or there are none; `old`: their QEMU has version 8. */
  backports?: 'configured' | 'possible' | 'none' | 'old' | 'broken';
}

let machines = 0;
/** Makes the machine. Returns a function that runs tools.sh on it, and the calls of apt-get, sudo and npm as they came. */
const machine = (made: Machine) => {
  const root = join(folder, String(machines++));
  const bin = join(root, 'bin');
  const calls = join(root, 'calls');
  mkdirSync(join(root, 'src', 'cli'), { recursive: true });
  mkdirSync(bin);
  copyFileSync(script, join(root, 'src', 'cli', 'tools.sh'));
  for (const name of BASE) {
    const found = ['/bin', '/usr/bin'].map((at) => join(at, name)).find(existsSync);
    symlinkSync(found!, join(bin, name));
  }
  const fake = (name: string, body: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const system = join(root, 'system');
  const tool = (name: string): void => {
    if (!name.startsWith('/')) return fake(name, `echo "${name} version 15.2.1 (made up)"`);
    mkdirSync(dirname(join(system, name)), { recursive: true });
    writeFileSync(join(system, name), '');
  };
  for (const name of (made.packages ?? []).flatMap((one) => PACKAGE_TOOLS[one]!)) tool(name);
  fake('make', 'echo "GNU Make 4.3"');
  fake('uname', 'echo "Linux x86_64"');
  fake('id', `echo ${(made.user ?? 'root') === 'root' ? 0 : 1000}`);
  if (made.user === 'sudo') fake('sudo', `echo "sudo $*" >>'${calls}'; exec "$@"`);
  if (!('node' in made) || made.node !== undefined) {
    fake('node', `echo ${made.node ?? 'v20.11.0'}`);
    fake('npm', `echo "npm $*" >>'${calls}'; [ "$1" = --version ] && { echo 11.0.0; exit; }
mkdir -p node_modules/@porffor/linux-x64; : >node_modules/@porffor/linux-x64/porf; : >node_modules/.package-lock.json`);
  }
  if (made.apt ?? true) {
    const state = join(root, 'lists');
    writeFileSync(state, made.lists ?? 'fresh');
    const backports = made.backports ?? 'none';
    mkdirSync(join(system, 'etc/apt/sources.list.d'), { recursive: true });
    writeFileSync(join(system, 'etc/apt/sources.list.d/debian.sources'), 'Types: deb\nURIs: http://archive.example/debian\n');
    const os = made.ubuntu === true ? 'ID=ubuntu\nID_LIKE=debian' : 'ID=debian';
    if (backports !== 'none') writeFileSync(join(system, 'etc/os-release'), `${os}\nVERSION_CODENAME=bookworm\n`);
    const version = backports === 'old' ? '1:8.2.1+ds-1~bpo12+1' : '1:10.0.2+ds-2~bpo12+1';
    fake('apt-cache', `case "$*" in *madison*)
  for word in "$@"; do case $word in Dir::Etc::SourceParts=*) parts=\${word#*=};; esac; done
  echo ' qemu-system-arm | 1:7.2+dfsg-7 | http://archive.example/debian bookworm/main amd64 Packages'
  if [ ${backports} = configured ] || [ ${backports} = old ] || grep -q '^deb .*bookworm-backports main$' "$parts/backports.list" 2>/dev/null
  then echo 'qemu-system-arm | ${version} | http://archive.example/debian bookworm-backports/main amd64 Packages'; fi
  exit;;
esac
grep -qv missing '${state}'`);
    fake('apt-get', `echo "apt-get $* [$DEBIAN_FRONTEND]" >>'${calls}'
if [ "$1" = indextargets ]; then
  grep -q missing '${state}' && { echo '$(ORIGIN)|$(CODENAME)|main|http://archive.example/debian'; exit; }
  echo 'Debian|bookworm|main|http://archive.example/debian'; echo 'Debian|bookworm-security|main|http://archive.example/security'; exit
fi
while [ $# -gt 0 ]; do case "$1" in
  -o) case $2 in Dir::Etc::SourceParts=*) parts=\${2#*=}; echo "sources: $(cd "$parts"; echo *)" >>'${calls}';; esac; shift; shift;;
  -t) suite=$2; shift; shift;;
  install) shift;;
  -*) shift;;
  *) break;;
esac; done
if [ "$suite" = bookworm-backports ]; then
  [ ${backports} = broken ] && { echo 'E: Unmet dependencies' >&2; exit 100; }
  printf '#!/bin/sh\\necho "raspi4b   Raspberry Pi 4B"\\n' >'${bin}/qemu-system-aarch64'; exit
fi
[ "$1" = update ] && { echo fresh >'${state}'; exit; }
grep -q fresh '${state}' || { echo 'E: not found in the archive' >&2; exit 100; }
for name in "$@"; do
  case $name in ${Object.entries(PACKAGE_TOOLS).map(([name, all]) => `${name}) tools='${all.join(' ')}';;`).join(' ')} esac
  for tool in $tools; do case $tool in
    /*) mkdir -p "$(dirname '${system}'$tool)"; : >'${system}'$tool;;
    *) echo 'echo 15.2.1' >'${bin}'/$tool; chmod 755 '${bin}'/$tool;;
  esac; done
done`);
  }
  writeFileSync(join(root, 'package-lock.json'), '{}');
  if ((made.npm ?? 'installed') !== 'absent') {
    mkdirSync(join(root, 'node_modules', '@porffor', 'linux-x64'), { recursive: true });
    writeFileSync(join(root, 'node_modules', '@porffor', 'linux-x64', 'porf'), '');
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), '{}');
    const later = Date.now() / 1000 + (made.npm === 'older' ? -1000 : 1000);
    utimesSync(join(root, 'node_modules', '.package-lock.json'), later, later);
  }
  return {
    system,
    run: (toolsArguments: string[], env: Record<string, string> = {}) => {
      rmSync(calls, { force: true });
      const { status, stdout, stderr } = spawnSync(join(bin, 'sh'), [join(root, 'src', 'cli', 'tools.sh'), ...toolsArguments],
        { cwd: '/', env: { PATH: bin, SYSROOT: system, ...env }, encoding: 'utf8' });
      return { status, stdout, stderr, calls: existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [] };
    },
  };
};

const APT = 'apt-get -q -o DPkg::Lock::Timeout=300';
const aptInstall = (packages: string): string => `${APT} install -y --no-install-recommends ${packages} [noninteractive]`;
const everything = Object.keys(PACKAGE_TOOLS);
const BOARD_PACKAGES = ['clang', 'lld', 'llvm', 'qemu-system-arm', 'device-tree-compiler', 'mtools'];

test('a machine that has everything: nothing is called, nothing is said', () => {
  const { run } = machine({ packages: everything });
  for (const purpose of ['node', 'kernel', 'board', 'test', 'bench', 'gdb']) {
    expect(run(['install', purpose])).toEqual({ status: 0, stdout: '', stderr: '', calls: [] });
  }
});

test('a bare machine: apt by name, each package once and with its reason, then npm ci; the second time nothing', () => {
  const { run } = machine({ npm: 'absent' });
  const first = run(['install', 'kernel']);
  expect(first.stderr).toBe('');
  expect(first.status).toBe(0);
  expect(first.calls).toEqual([aptInstall(KERNEL_PACKAGES), 'npm ci --no-fund --no-audit']);
  expect(first.stdout).toContain("  clang            compiles Porffor's C and the boot code\n");
  expect(first.stdout).toContain('  qemu-system-arm  runs the kernel\n');
  expect(first.stdout).toContain('Installing the npm packages of package-lock.json into node_modules (npm ci).\n');
  expect(run(['install', 'kernel'])).toEqual({ status: 0, stdout: '', stderr: '', calls: [] });
});

test('only what is missing, and only what the purpose needs', () => {
  const noLlvm = machine({ packages: ['clang', 'lld', 'qemu-system-arm'] });
  expect(noLlvm.run(['install', 'kernel']).calls).toEqual([aptInstall('llvm')]);
  expect(machine({ npm: 'absent' }).run(['install', 'node']).calls).toEqual(['npm ci --no-fund --no-audit']);
  expect(machine({}).run(['install', 'test']).calls).toEqual([aptInstall(`${KERNEL_PACKAGES} device-tree-compiler mtools gdb-multiarch ${BENCH_PACKAGES}`)]);
  expect(machine({}).run(['install', 'bench']).calls).toEqual([aptInstall(`${KERNEL_PACKAGES} ${BENCH_PACKAGES}`)]);
  const behind = machine({ packages: everything, npm: 'older' });
  expect(behind.run(['install', 'kernel']).calls).toEqual(['npm ci --no-fund --no-audit']);
});

test('missing package lists are fetched first, old ones after a failure', () => {
  const update = `${APT} update [noninteractive]`;
  const missing = machine({ lists: 'missing' }).run(['install', 'kernel']);
  expect(missing.calls).toEqual([update, aptInstall(KERNEL_PACKAGES)]);
  expect(missing.status).toBe(0);
  const old = machine({ lists: 'old' }).run(['install', 'kernel']);
  expect(old.calls).toEqual([aptInstall(KERNEL_PACKAGES), update, aptInstall(KERNEL_PACKAGES)]);
  expect(old.status).toBe(0);
});

test('not root: through sudo, or one sentence where there is none', () => {
  const sudo = machine({ user: 'sudo' }).run(['install', 'kernel']);
  const asked = `${APT} install -y --no-install-recommends ${KERNEL_PACKAGES}`;
  expect(sudo.calls[0]).toBe(`sudo env DEBIAN_FRONTEND=noninteractive ${asked}`);
  expect(sudo.status).toBe(0);
  const nobody = machine({ user: 'nobody' }).run(['install', 'kernel']);
  const command = `apt-get install -y --no-install-recommends ${KERNEL_PACKAGES}`;
  expect(nobody).toEqual({
    status: 1, stdout: '', calls: [],
    stderr: `Needed and not installed: ${KERNEL_PACKAGES}; please run as root: ${command}\n`,
  });
});

test('NO_INSTALL=1 prints the command, installs nothing and fails with one sentence', () => {
  const { run } = machine({ npm: 'absent', user: 'sudo' });
  expect(run(['install', 'kernel'], { NO_INSTALL: '1' })).toEqual({
    status: 1, calls: [],
    stdout: `sudo apt-get install -y --no-install-recommends ${KERNEL_PACKAGES}\n`,
    stderr: `Needed and not installed: ${KERNEL_PACKAGES}; NO_INSTALL=1 leaves the command above to you.\n`,
  });
  expect(run(['install', 'node'], { NO_INSTALL: '1' })).toEqual({
    status: 1, calls: [], stdout: 'npm ci\n',
    stderr: 'The npm packages of package-lock.json are not installed; NO_INSTALL=1 leaves the command above to you.\n',
  });
  expect(run(['install', 'node'], { NO_INSTALL: '' }).calls).toEqual(['npm ci --no-fund --no-audit']);
});

test('no Debian: one sentence with the list', () => {
  expect(machine({ apt: false }).run(['install', 'kernel'])).toEqual({
    status: 1, stdout: '', calls: [],
    stderr: `Needed, and this is no Debian or Ubuntu, so please install them by hand (Debian's names): ${KERNEL_PACKAGES}.\n`,
  });
});

test('no Node, or an old one: one sentence, before anything is installed', () => {
  const none = machine({ node: undefined }).run(['install', 'kernel']);
  expect(none.stderr).toBe('Node.js 20.11 or later with npm is needed and not installed; please install it first.\n');
  expect([none.status, none.calls]).toEqual([1, []]);
  const old = machine({ node: 'v18.20.4' }).run(['install', 'node']);
  expect(old.stderr).toBe('Node.js 20.11 or later is needed, and this is v18.20.4; please install a newer one.\n');
  expect(machine({ node: 'v20.9.0' }).run(['install', 'node']).status).toBe(1);
  expect(machine({ node: 'v22.0.0' }).run(['install', 'node']).status).toBe(0);
});

describe('the Pi 4: a QEMU that has its machine, from the backports', () => {
  const newer = (options = '') =>
    `${APT}${options} install -y --no-install-recommends --no-remove -t bookworm-backports qemu-system-arm [noninteractive]`;
  const SAID = 'This QEMU has no machine raspi4b: installing a newer one from bookworm-backports, in its place.\n';

  test('they are among the sources', () => {
    const { run } = machine({ packages: BOARD_PACKAGES, backports: 'configured' });
    expect(run(['install', 'rpi4'])).toEqual({ status: 0, stdout: SAID, stderr: '', calls: [newer()] });
    expect(run(['install', 'rpi4']), 'the second time').toEqual({ status: 0, stdout: '', stderr: '', calls: [] });
  });

  test('they are not, but those of the same archive can be: for these calls only', () => {
    const { run, system } = machine({ packages: BOARD_PACKAGES, backports: 'possible' });
    const { status, stdout, stderr, calls } = run(['install', 'rpi4']);
    expect([status, stdout, stderr]).toEqual([0, SAID, '']);
    const folder = /SourceParts=(\S+)/.exec(calls.join())![1]!;
    const only = ` -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=${folder}`;
    expect(calls.filter((call) => !call.startsWith('apt-get indextargets'))).toEqual([
      `${APT}${only} -o APT::Get::List-Cleanup=false -o Acquire::Retries=0 -o Acquire::http::Timeout=10 update [noninteractive]`,
      'sources: backports.list', newer(only), 'sources: backports.list debian.sources',
    ]);
    expect(existsSync(folder), 'left behind').toBe(false);
    expect(readdirSync(join(system, 'etc/apt/sources.list.d'))).toEqual(['debian.sources']);
  });

  test('nor has apt ever fetched its lists', () => {
    const { status, stdout, calls } = machine({ packages: BOARD_PACKAGES, backports: 'possible', lists: 'missing' }).run(['install', 'rpi4']);
    expect([status, stdout]).toEqual([0, SAID]);
    expect(calls).toContain(`${APT} update [noninteractive]`);
  });

  test.each([
    ['there are none', { backports: 'none' }, {}], ['theirs is too old', { backports: 'old' }, {}],
    ['another emulator is named', { backports: 'configured' }, { QEMU: '/opt/qemu' }], ['no Debian', { backports: 'none', apt: false }, {}],
    ['another distribution, and no lists', { backports: 'possible', ubuntu: true, lists: 'missing' }, {}],
    ['nobody may install', { backports: 'possible', user: 'nobody' }, {}], ['NO_INSTALL=1', { backports: 'possible' }, { NO_INSTALL: '1' }],
  ] as const)('%s: nothing is installed or said, and make goes on to the sentence that skips', (_why, made, env) => {
    const { status, stdout, stderr, calls } = machine({ packages: BOARD_PACKAGES, ...made }).run(['install', 'rpi4'], env);
    expect([status, stdout, stderr]).toEqual([0, '', '']);
    expect(calls.filter((call) => call.includes(' install ') || call.includes(' update '))).toEqual(made.backports === 'old' ? [expect.any(String)] : []);
  });

  test('NO_INSTALL=1 with backports: the command to type', () => {
    const { run } = machine({ packages: BOARD_PACKAGES, backports: 'configured', user: 'sudo' });
    expect(run(['install', 'rpi4'], { NO_INSTALL: '1' })).toEqual({
      status: 0, stderr: '', calls: [], stdout: 'sudo apt-get install -y --no-install-recommends -t bookworm-backports qemu-system-arm\n',
    });
  });

  test('apt fails: its own words, and make goes on', () => {
    const { status, stderr } = machine({ packages: BOARD_PACKAGES, backports: 'configured' }).run(['install', 'rpi4']);
    expect([status, stderr]).toEqual([0, '']);
    const broken = machine({ packages: BOARD_PACKAGES, backports: 'broken' }).run(['install', 'rpi4']);
    expect([broken.status, broken.stderr, broken.stdout]).toEqual([0, 'E: Unmet dependencies\n', SAID]);
  });
});

test('doctor: versions of what is there, exit 0', () => {
  const { status, stdout } = machine({ packages: everything }).run(['doctor']);
  expect(stdout).toMatch(/^ {2}ok {7}node {17}20\.11\.0 /m);
  expect(stdout).toMatch(/^ {2}ok {7}qemu-system-aarch64 {2}15\.2\.1 {7}runs the kernel$/m);
  expect(stdout).toMatch(/Everything needed is here\.\n$/);
  expect(status).toBe(0);
});

test('doctor: what is missing and how to install it, exit 1', () => {
  const { status, stdout, calls } = machine({ packages: ['clang', 'lld'], npm: 'absent', user: 'sudo' }).run(['doctor']);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^ {2}missing {2}llvm-nm {27}package llvm: lists symbols/m);
  const command = `sudo apt-get install -y --no-install-recommends llvm qemu-system-arm device-tree-compiler mtools gdb-multiarch ${BENCH_PACKAGES}`;
  expect(stdout).toContain(`Install with:\n  ${command}\n`);
  expect(stdout).toContain('Install the npm packages with:\n  npm ci\n');
  expect(calls.filter((call) => !call.includes('--version'))).toEqual([]);
  const npmOnly = machine({ packages: everything, npm: 'older' }).run(['doctor']);
  expect([npmOnly.status, npmOnly.stdout.includes('apt-get')]).toEqual([1, false]);
  const old = machine({ packages: everything, node: 'v18.0.0' }).run(['doctor']);
  expect([old.status, old.stdout.includes('old      node')]).toEqual([1, true]);
});

test('an unknown purpose is refused', () => {
  expect(machine({}).run(['install', 'everything']).status).toBe(2);
  expect(machine({}).run([]).status).toBe(2);
});
