/**
 * The command behind `make console PORT=/dev/ttyUSB0`: the board's console in this terminal. Ctrl-A x leaves; Ctrl-C goes to the
 * board.
 *
 * Fails: exit 2 with one sentence if the port cannot be opened; 1 if it fails later; 130 after Ctrl-A x.
 * Checked by: test/pi/console.test.ts
 */
import { Command } from 'commander';
import { refusing } from './prepare.ts';
import { attach, BAUD, openPort } from './serial.ts';

const main = async ({ port: path }: { port: string }): Promise<void> => {
  const port = await openPort(path);
  process.stderr.write(`${path} at ${BAUD} baud; Ctrl-A x leaves.\n`);
  process.exitCode = await attach(port);
};

await new Command('console').option('--port <path>', 'the serial port', '').action(refusing(main)).parseAsync();
