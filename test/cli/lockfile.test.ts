/**
 * What `npm ci` needs from package-lock.json. Porffor's compiler is an optional package for each platform, and the registry
 * serves some of them only: `npm install` then leaves the others out of the lock file, and the next `npm ci` fails. They were
 * entered by hand.
 */
import { expect, test } from 'vitest';
import { readFileSync } from 'node:fs';

interface Package {
  version: string;
  resolved?: string;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
  os?: string[];
  cpu?: string[];
}

const read = <T>(name: string): T => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')) as T;
const lock = read<{ packages: Record<string, Package> }>('package-lock.json');
const manifest = read<{ dependencies?: Record<string, string>; devDependencies: Record<string, string> }>('package.json');

test('the lock file has an entry for each platform of Porffor, at the pinned version', () => {
  const pinned = manifest.devDependencies['porffor'];
  const asked = lock.packages['node_modules/porffor']!.optionalDependencies!;
  const platforms = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-arm64-musl', 'linux-x64', 'linux-x64-musl'];
  expect(Object.keys(asked).sort()).toEqual(platforms.map((platform) => `@porffor/${platform}`));
  for (const name of Object.keys(asked)) {
    const entry = lock.packages[`node_modules/${name}`];
    expect(entry, `${name} is missing from package-lock.json; npm install drops it, put it back`).toBeDefined();
    expect([name, asked[name], entry!.version, entry!.optional]).toEqual([name, pinned, pinned, true]);
    const [os, cpu] = name.replace('@porffor/', '').split('-');
    expect([entry!.os, entry!.cpu]).toEqual([[os], [cpu]]);
  }
});

test('every optional package that any entry asks for is in the lock file', () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) => Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !(`node_modules/${name}` in lock.packages) && !(`${path}/node_modules/${name}` in lock.packages)));
  expect(missing).toEqual([]);
});

test('dependencies are pinned exactly, and the lock file says the same', () => {
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[a-z0-9.]+)?$/);
    expect(lock.packages[`node_modules/${name}`]!.version, name).toBe(version);
  }
});

test('the lock file names no server: whichever registry a machine uses will do', () => {
  expect(Object.values(lock.packages).filter((entry) => entry.resolved !== undefined)).toEqual([]);
});
