/**
 * The first memory model: sequential consistency, which is what JavaScript's Atomics promise. Every access takes effect at once.
 *
 * Checked by: test/explore/litmus.test.ts.
 */
import type { Engine, Model } from './engine.ts';

const operationsOn = (engine: Engine): Record<string, (...operands: number[]) => number | void> => {
  const load = (address: number): number => engine.peek(address);
  const store = (address: number, value: number): void => engine.poke(address, value);
  const change = (address: number, value: number): number => {
    const before = engine.peek(address);
    if (value !== before) engine.poke(address, value);
    return before;
  };
  return {
    load32: load, loadRacing32: load, loadRelaxed32: load, loadAcquire32: load, loadSequential32: load,
    store32: store, store64: store, storeRelaxed32: store, storeRelease32: store, storeSequential32: store,
    compareExchange32: (address, expected, desired) => {
      const before = engine.peek(address!);
      if (before === expected) engine.poke(address!, desired!);
      return before;
    },
    fetchAdd32: (address, value) => change(address!, (engine.peek(address!) + value!) | 0),
    fetchOr32: (address, value) => change(address!, engine.peek(address!) | value!),
    fetchAnd32: (address, value) => change(address!, engine.peek(address!) & value!),
    exchange32: (address, value) => change(address!, value!),
    addOwned64: (address, value) => {
      const low = engine.peek(address!);
      const sum = (low + value!) | 0;
      if ((sum >>> 0) < (low >>> 0)) engine.poke(address! + 4, (engine.peek(address! + 4) + 1) | 0);
      if (value !== 0) engine.poke(address!, sum);
    },
    fenceFull: () => {},
    wait32: (address, expected, microseconds) => engine.wait(address!, engine.peek(address!), expected!, microseconds!),
    notify32: (address, count) => engine.notify(address!, count!),
    timeMicros32: () => engine.time(),
    timeNanos32: () => engine.time(),
  } as Record<string, (...operands: number[]) => number | void>;
};

export const sequential = (): Model => {
  let memory: Engine | undefined;
  return {
    operations: (engine) => {
      memory = engine;
      return operationsOn(engine);
    },
    intrude: (address, value) => memory!.put(address, value),
    fencesMatter: false,
    isAtomic: true,
    reset: () => {},
    save: () => undefined,
    restore: () => {},
    hash: (low, high) => [low, high],
    threadDied: () => {},
    joinFrom: () => {},
    note: () => {},
    known: () => 32,
    plainWords: () => [],
    learnPlain: () => {},
  };
};
