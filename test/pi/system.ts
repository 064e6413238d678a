/** A made-up Linux: /sys, /proc and /dev in a folder, with whatever disks a test wants. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface MadePart { mounted?: string; swap?: boolean; holder?: string; type?: string }
export interface MadeDisk {
  name: string;
  /** Where it hangs: usb1, mmc_host, ata1, nvme, virtual. */
  bus?: string;
  removable?: boolean;
  readOnly?: boolean;
  bytes?: number;
  parts?: MadePart[];
  /** The disk itself, without a partition. */
  whole?: MadePart;
  /** For mapped devices. */
  slaves?: string[];
}

const GB = 1e9;

/** The folder that stands in front of everything. */
export const madeSystem = (disks: readonly MadeDisk[], root = mkdtempSync(path.join(tmpdir(), 'system-'))): string => {
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  let mountinfo = '22 1 0:21 / /proc rw - proc proc rw\n';
  let swaps = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';
  mkdirSync(path.join(root, 'sys/block'), { recursive: true });
  mkdirSync(path.join(root, 'sys/class/block'), { recursive: true });
  disks.forEach((disk, at) => {
    const place = `sys/devices/${disk.bus ?? 'usb1'}/host${at}/block/${disk.name}`;
    const separator = /\d$/.test(disk.name) ? 'p' : '';
    const use = (name: string, number: string, part: MadePart): void => {
      const where = part.mounted?.replaceAll(' ', '\\040');
      if (where !== undefined) mountinfo += `${30 + at} 1 ${number} / ${where} rw,relatime shared:1 - ${part.type ?? 'vfat'} /dev/${name} rw\n`;
      if (part.swap === true) swaps += `/dev/${name}                               partition\t1024\t0\t-2\n`;
    };
    write(`${place}/removable`, disk.removable === true ? '1\n' : '0\n');
    write(`${place}/ro`, disk.readOnly === true ? '1\n' : '0\n');
    write(`${place}/size`, `${(disk.bytes ?? 32 * GB) / 512}\n`);
    write(`${place}/dev`, `8:${at * 16}\n`);
    write(`${place}/device/vendor`, 'Generic \n');
    write(`${place}/device/model`, 'STORAGE DEVICE  \n');
    mkdirSync(path.join(root, place, 'holders'), { recursive: true });
    mkdirSync(path.join(root, place, 'slaves'), { recursive: true });
    for (const slave of disk.slaves ?? []) write(`${place}/slaves/${slave}/x`, '');
    if (disk.whole?.holder !== undefined) write(`${place}/holders/${disk.whole.holder}/x`, '');
    symlinkSync(path.join(root, place), path.join(root, 'sys/block', disk.name));
    symlinkSync(path.join(root, place), path.join(root, 'sys/class/block', disk.name));
    use(disk.name, `8:${at * 16}`, disk.whole ?? {});
    (disk.parts ?? []).forEach((part, i) => {
      const name = `${disk.name}${separator}${i + 1}`;
      write(`${place}/${name}/partition`, `${i + 1}\n`);
      write(`${place}/${name}/dev`, `8:${at * 16 + i + 1}\n`);
      if (part.holder !== undefined) write(`${place}/${name}/holders/${part.holder}/x`, '');
      symlinkSync(path.join(root, place, name), path.join(root, 'sys/class/block', name));
      use(name, `8:${at * 16 + i + 1}`, part);
    });
    write(`dev/${disk.name}`, '');
  });
  write('proc/self/mountinfo', mountinfo);
  write('proc/swaps', swaps);
  return root;
};
