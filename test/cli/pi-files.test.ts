/** make pi-files on a made-up Debian: what it asks apt for, where it keeps it, and that a failure costs nothing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../../src/cli/pi-files.sh', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'pi-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BASE = ['sh', 'sed', 'sort', 'tail', 'dirname', 'mkdir', 'rm', 'mv', 'tar', 'find', 'wc', 'cp'];
const KERNELS = ['linux-image-6.1.0-50-arm64', 'linux-image-6.12.95+deb12-arm64', 'linux-image-6.9.7-arm64'];

/** A package with these files, made by the real dpkg-deb. */
const packageOf = (name: string, files: Record<string, string>): void => {
  const root = join(folder, name);
  for (const [at, text] of Object.entries({ ...files, 'DEBIAN/control': `Package: ${name}\nVersion: 1\nArchitecture: arm64\nMaintainer: x\nDescription: x\n` })) {
    mkdirSync(dirname(join(root, at)), { recursive: true });
    writeFileSync(join(root, at), text);
  }
  execFileSync('dpkg-deb', ['-b', root, join(folder, `${name}_1_arm64.deb`)], { stdio: 'ignore' });
};
beforeAll(() => {
  packageOf('u-boot-rpi', { 'usr/lib/u-boot/rpi_arm64/u-boot.bin': 'the boot loader', 'usr/lib/u-boot/rpi_4/u-boot.bin': 'another' });
  packageOf('linux-image-6.12.95+deb12-arm64', {
    'usr/lib/linux-image-6.12.95+deb12-arm64/broadcom/bcm2837-rpi-3-b.dtb': 'three',
    'usr/lib/linux-image-6.12.95+deb12-arm64/broadcom/bcm2712-rpi-5-b.dtb': 'five',
    'usr/lib/linux-image-6.12.95+deb12-arm64/broadcom/bcm4908-router.dtb': 'none of ours', 'boot/vmlinuz': 'large',
  });
});

interface Machine { apt?: boolean; sites?: string[]; kernels?: string[]; fails?: 'update' | 'download' }
let machines = 0;
const machine = ({ apt = true, sites = ['Debian|bookworm|main|http://archive.example/debian'], kernels = KERNELS, fails }: Machine) => {
  const root = join(folder, `machine-${machines++}`);
  const bin = join(root, 'bin');
  const calls = join(root, 'calls');
  mkdirSync(join(root, 'tree/src/cli'), { recursive: true });
  mkdirSync(join(root, 'system/etc'), { recursive: true });
  mkdirSync(bin);
  copyFileSync(script, join(root, 'tree/src/cli/pi-files.sh'));
  writeFileSync(join(root, 'system/etc/os-release'), 'VERSION_CODENAME=bookworm\n');
  for (const name of [...BASE, ...(apt ? ['dpkg-deb'] : [])]) symlinkSync(['/bin', '/usr/bin'].map((at) => join(at, name)).find(existsSync)!, join(bin, name));
  const fake = (name: string, body: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >>'${calls}'\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  if (apt) {
    fake('apt-cache', kernels.map((name) => `echo '${name} - Linux'`).join('\n'));
    fake('apt-get', `case "$*" in
  indextargets*) ${sites.map((site) => `echo '${site}'`).join('; ') || ':'};;
  *\\ ${fails ?? 'nothing'}*) echo 'E: no' >&2; exit 100;;
  *\\ download\\ *) while [ $# -gt 2 ]; do shift; done; cp '${folder}'/u-boot-rpi_1_arm64.deb "${folder}/$2"_1_arm64.deb . ;;
esac`);
  }
  return {
    tree: join(root, 'tree'),
    run: () => {
      const { status, stdout, stderr } = spawnSync(join(bin, 'sh'), [join(root, 'tree/src/cli/pi-files.sh')],
        { cwd: '/', env: { PATH: bin, SYSROOT: join(root, 'system') }, encoding: 'utf8' });
      return { status, stdout, stderr, calls: existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : [] };
    },
  };
};

test('the boot loader and the trees of the newest kernel, by apt with lists of its own', () => {
  const { run, tree } = machine({});
  const { status, stdout, stderr, calls } = run();
  expect(stderr).toBe('');
  expect(stdout).toBe(`Fetching u-boot-rpi and linux-image-6.12.95+deb12-arm64, some 70 MB, of which the boot loader and the device trees stay.
build/pi: u-boot.bin, and 2 device trees; make test TESTS=test/pi uses them.
`);
  expect(status).toBe(0);
  expect(readFileSync(join(tree, 'build/pi/u-boot.bin'), 'utf8')).toBe('the boot loader');
  expect(readdirSync(join(tree, 'build/pi/trees')).sort()).toEqual(['bcm2712-rpi-5-b.dtb', 'bcm2837-rpi-3-b.dtb']);
  expect(readFileSync(join(tree, 'build/pi/apt/sources/arm64.list'), 'utf8'))
    .toBe('deb [arch=arm64] http://archive.example/debian bookworm main\ndeb [arch=arm64] http://archive.example/debian bookworm-backports main\n');
  for (const call of calls.filter((one) => !one.startsWith('apt-get indextargets'))) {
    expect(call).toContain(`-o Dir::Etc::SourceParts=${tree}/build/pi/apt/sources -o Dir::State::Lists=${tree}/build/pi/apt/lists`);
    expect(call).not.toContain(' install ');
  }
});

test.each([
  ['no Debian', { apt: false }, 'this is no Debian, and the files are from its packages.'],
  ['no archive of Debian', { sites: ['Ubuntu|noble|main|http://archive.example/ubuntu', '$(ORIGIN)|$(CODENAME)|main|http://archive.example/debian'] },
    "apt's sources name no archive of Debian, or apt-get update has never been run."],
  ['no lists', { fails: 'update' }, 'apt could not fetch the lists for arm64; its own words are above.'],
  ['no kernel', { kernels: [] }, 'the archives have no kernel for arm64.'],
  ['no download', { fails: 'download' }, 'apt could not download them; its own words are above.'],
] as const)('%s: one sentence, and what was there stays', (_what, made, said) => {
  const { run, tree } = machine(made as Machine);
  mkdirSync(join(tree, 'build/pi/trees'), { recursive: true });
  writeFileSync(join(tree, 'build/pi/u-boot.bin'), 'old');
  const { status, stderr } = run();
  expect(stderr.split('\n').at(-2)).toBe(`pi-files: ${said}`);
  expect(status).toBe(1);
  expect(readFileSync(join(tree, 'build/pi/u-boot.bin'), 'utf8')).toBe('old');
  expect(existsSync(join(tree, 'build/pi/trees'))).toBe(true);
});
