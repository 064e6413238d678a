/**
 * Litmus programs: each function is one thread; x, y, z are words of memory, 0 at first; w holds 1, 2. Results are digits, most significant first.
 *
 * Restricted TypeScript, lowered as the kernel is. Checked by: test/explore/litmus.test.ts.
 */
import {
  compareExchange32, copyBytes, copyRacing, exchange32, fenceFull, fetchAdd32, fetchOr32, load32, loadAcquire32,
  loadRelaxed32, loadSequential32, notify32, store32, storeRelaxed32, storeRelease32, storeSequential32, wait32,
} from '#machine';

const two = (a: i32, b: i32): i32 => (a * 10 + b) | 0;

// ---- Two stores.
export const writeRelaxedRelaxed = (x: i32, y: i32): i32 => { storeRelaxed32(x, 0, 1); storeRelaxed32(y, 0, 1); return 0; };
export const writeRelaxedRelease = (x: i32, y: i32): i32 => { storeRelaxed32(x, 0, 1); storeRelease32(y, 0, 1); return 0; };
export const writeFenced = (x: i32, y: i32): i32 => { storeRelaxed32(x, 0, 1); fenceFull(); storeRelaxed32(y, 0, 1); return 0; };
export const writePlainRelease = (x: i32, y: i32): i32 => { store32(x, 0, 1); storeRelease32(y, 0, 1); return 0; };
export const writePlainRelaxed = (x: i32, y: i32): i32 => { store32(x, 0, 1); storeRelaxed32(y, 0, 1); return 0; };
export const writeReleaseTwice = (x: i32, y: i32): i32 => {
  storeRelaxed32(x, 0, 1);
  storeRelease32(y, 0, 1);
  storeRelaxed32(y, 0, 2);
  return 0;
};
export const writeTwice = (x: i32): i32 => { storeRelaxed32(x, 0, 1); storeRelaxed32(x, 0, 2); return 0; };
export const writeTwoRelease = (x: i32, y: i32): i32 => { storeRelaxed32(x, 0, 2); storeRelease32(y, 0, 1); return 0; };

// ---- One store.
export const writeRelaxed = (x: i32): i32 => { storeRelaxed32(x, 0, 1); return 0; };
export const writeRelease = (x: i32): i32 => { storeRelease32(x, 0, 1); return 0; };
export const writeSequential = (x: i32): i32 => { storeSequential32(x, 0, 1); return 0; };

// ---- Two loads.
export const readRelaxedRelaxed = (x: i32, y: i32): i32 => { const a = loadRelaxed32(x, 0); return two(a, loadRelaxed32(y, 0)); };
export const readAcquireRelaxed = (x: i32, y: i32): i32 => { const a = loadAcquire32(x, 0); return two(a, loadRelaxed32(y, 0)); };
export const readAcquireAcquire = (x: i32, y: i32): i32 => { const a = loadAcquire32(x, 0); return two(a, loadAcquire32(y, 0)); };
export const readSequential = (x: i32, y: i32): i32 => { const a = loadSequential32(x, 0); return two(a, loadSequential32(y, 0)); };
export const readFenced = (x: i32, y: i32): i32 => {
  const a = loadRelaxed32(x, 0);
  fenceFull();
  return two(a, loadRelaxed32(y, 0));
};
export const readAcquirePlain = (x: i32, y: i32): i32 => {
  const a = loadAcquire32(x, 0);
  return a !== 0 ? two(a, load32(y, 0)) : 0;
};
export const readRelaxedPlain = (x: i32, y: i32): i32 => {
  const a = loadRelaxed32(x, 0);
  return a !== 0 ? two(a, load32(y, 0)) : 0;
};

// ---- A store, then a load.
export const storeLoadRelaxed = (x: i32, y: i32): i32 => { storeRelaxed32(x, 0, 1); return loadRelaxed32(y, 0); };
export const storeLoadReleaseAcquire = (x: i32, y: i32): i32 => { storeRelease32(x, 0, 1); return loadAcquire32(y, 0); };
export const storeLoadSequential = (x: i32, y: i32): i32 => { storeSequential32(x, 0, 1); return loadSequential32(y, 0); };
export const storeLoadFenced = (x: i32, y: i32): i32 => { storeRelaxed32(x, 0, 1); fenceFull(); return loadRelaxed32(y, 0); };
export const setFenceLoadAcquire = (x: i32, y: i32): i32 => { fetchOr32(x, 0, 1); fenceFull(); return loadAcquire32(y, 0); };
export const setLoadAcquire = (x: i32, y: i32): i32 => { fetchOr32(x, 0, 1); return loadAcquire32(y, 0); };
export const exchangeLoadSequential = (x: i32, y: i32): i32 => { exchange32(x, 0, 1); return loadSequential32(y, 0); };
export const writeThenReadOwn = (x: i32): i32 => { storeRelaxed32(x, 0, 1); return loadRelaxed32(x, 0); };

// ---- A load, then a store.
export const loadStoreRelaxed = (x: i32, y: i32): i32 => { const a = loadRelaxed32(x, 0); storeRelaxed32(y, 0, 1); return a; };
export const forwardAcquireRelease = (x: i32, y: i32): i32 => {
  const a = loadAcquire32(x, 0);
  if (a !== 0) storeRelease32(y, 0, 1);
  return a;
};
export const forwardRelaxed = (x: i32, y: i32): i32 => {
  const a = loadRelaxed32(x, 0);
  if (a !== 0) storeRelaxed32(y, 0, 1);
  return a;
};
export const acquireThenOverwrite = (y: i32, x: i32): i32 => {
  const a = loadAcquire32(y, 0);
  if (a !== 0) storeRelaxed32(x, 0, 1);
  return a;
};
export const readPlainRelease = (x: i32, y: i32): i32 => { const a = load32(x, 0); storeRelease32(y, 0, 1); return a; };
export const readPlainRelaxed = (x: i32, y: i32): i32 => { const a = load32(x, 0); storeRelaxed32(y, 0, 1); return a; };
export const acquireThenWritePlain = (y: i32, x: i32): i32 => {
  if (loadAcquire32(y, 0) !== 0) store32(x, 0, 1);
  return 0;
};

// ---- Read-modify-writes.
export const add = (x: i32): i32 => fetchAdd32(x, 0, 1);
export const addThenNothing = (_x: i32, y: i32): i32 => fetchAdd32(y, 0, 1);
export const claim = (x: i32): i32 => compareExchange32(x, 0, 0, 1);

// ---- Blocks, sleeping.
export const copyThenRelease = (x: i32, y: i32, w: i32): i32 => { copyBytes(x, w, 8); storeRelease32(y, 0, 1); return 0; };
export const acquireThenCopy = (y: i32, x: i32, z: i32): i32 => {
  if (loadAcquire32(y, 0) === 0) return 0;
  copyRacing(z, x, 8);
  return two(load32(z, 0), load32(z, 4));
};
export const sleepUntilSet = (x: i32): i32 => wait32(x, 0, 0, -1);
export const setAndWake = (x: i32): i32 => { storeRelease32(x, 0, 1); return notify32(x, 0, 1); };
export const setWithoutWake = (x: i32): i32 => { storeRelease32(x, 0, 1); return 0; };
