/**
 * A board's serial line, by the library serialport: opened with sentences a person can act on.
 *
 * Role: used by console.ts and chainload.ts. Units: 115200 baud, 8 data bits, no parity, one stop bit.
 * Fails: UsageError when the port cannot be opened, naming the ports there are.
 * Checked by: test/pi/console.test.ts, test/pi/chainload.test.ts
 */
import { SerialPort } from 'serialport';
import { withoutReturns } from './boot.ts';
import { UsageError } from './options.ts';
import { keyboard } from './terminal.ts';

export const BAUD = 115_200;
const INTERRUPTED_EXIT = 130;

/** The ports of this machine that have a device behind them, in one clause. */
const known = async (): Promise<string> => {
  const ports = (await SerialPort.list().catch(() => [])).filter(({ vendorId }) => vendorId !== undefined);
  if (ports.length === 0) return 'no USB serial adapter is plugged in';
  return `there is ${ports.map(({ path, manufacturer }) => `${path}${manufacturer === undefined ? '' : ` (${manufacturer})`}`).join(', ')}`;
};

const reasonOf = (error: Error): string => {
  if (/Permission denied|EACCES/i.test(error.message)) return 'is not yours to open; on Debian, add yourself to group dialout and log in again';
  if (/No such file|ENOENT/i.test(error.message)) return 'is not there';
  if (/lock|busy|EBUSY/i.test(error.message)) return 'is in use by another program';
  return `cannot be opened (${error.message})`;
};

export const openPort = async (path: string): Promise<SerialPort> => {
  if (path === '') throw new UsageError(`Say which serial port: PORT=/dev/ttyUSB0; ${await known()}.`);
  const port = new SerialPort({ path, baudRate: BAUD, autoOpen: false });
  const error = await new Promise<Error | null>((done) => port.open(done));
  if (error !== null) throw new UsageError(`PORT: ${path} ${reasonOf(error)}; ${await known()}.`);
  return port;
};

/**
 * This terminal is the board's console until Ctrl-A x, the end of a piped input plus `linger` milliseconds, or the end of the port.
 * Ctrl-C goes to the board. Returns the exit code.
 */
export const attach = (port: SerialPort, linger = 3000): Promise<number> => new Promise((done) => {
  const input = process.stdin;
  const raw = input.isTTY === true;
  const press = keyboard();
  const output = withoutReturns();
  let ended = false;
  const finish = (code: number): void => {
    if (ended) return;
    ended = true;
    if (raw) input.setRawMode(false);
    input.pause();
    process.stdout.write('\n');
    if (port.isOpen) port.close(() => done(code));
    else done(code);
  };
  output.on('data', (bytes: Buffer) => process.stdout.write(bytes));
  port.on('data', (bytes: Buffer) => output.write(bytes)).resume();
  port.on('error', () => finish(1));
  port.on('close', () => finish(0)); // the board, or its adapter, has gone
  process.once('SIGTERM', () => finish(143));
  if (raw) input.setRawMode(true);
  input.on('data', (typed: Buffer) => {
    const { forward, leave } = raw ? press(typed) : { forward: typed };
    if (forward.length > 0) port.write(Buffer.from(forward));
    if (leave === 'now') finish(INTERRUPTED_EXIT);
  });
  if (!raw) input.on('end', () => setTimeout(() => finish(0), linger));
});
