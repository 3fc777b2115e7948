import { readFile, statfs } from "node:fs/promises";
import { cpus, freemem, homedir, platform, release, totalmem, type, uptime, userInfo } from "node:os";
import type { SystemInfo } from "@orchestratia/protocol/servers";

const bytesPerGb = 1024 ** 3;
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Busy and total processor time since boot, in milliseconds over all processors. */
function processorTimes(): { busy: number; total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    busy += all - times.idle;
    total += all;
  }
  return { busy, total };
}

/** Memory that programs could still get; what the kernel merely caches counts as free. */
async function availableMemory(): Promise<number> {
  if (platform() !== "linux") return freemem();
  try {
    const kilobytes = /^MemAvailable:\s+(\d+) kB/m.exec(await readFile("/proc/meminfo", "utf8"))?.[1];
    return kilobytes ? Number(kilobytes) * 1024 : freemem();
  } catch {
    return freemem();
  }
}

async function diskUse(): Promise<Record<string, number>> {
  try {
    const { blocks, bavail, bsize } = await statfs(homedir());
    const total = blocks * bsize;
    const used = total - bavail * bsize;
    return {
      disk_total_gb: round(total / bytesPerGb, 1),
      disk_used_gb: round(used / bytesPerGb, 1),
      disk_percent: round((used / total) * 100, 1),
    };
  } catch {
    return {};
  }
}

/** Measures this machine; processor load is the mean since the measurement before. */
export class SystemProbe {
  readonly #version: string;
  #before = processorTimes();

  constructor(version: string) {
    this.#version = version;
  }

  async measure(): Promise<SystemInfo> {
    const now = processorTimes();
    const elapsed = now.total - this.#before.total;
    const load = elapsed > 0 ? (now.busy - this.#before.busy) / elapsed : 0;
    this.#before = now;
    const memoryUsed = totalmem() - (await availableMemory());
    return {
      cpu_count: cpus().length,
      cpu_percent: round(load * 100, 1),
      memory_total_gb: round(totalmem() / bytesPerGb, 1),
      memory_used_gb: round(memoryUsed / bytesPerGb, 1),
      memory_percent: round((memoryUsed / totalmem()) * 100, 1),
      ...(await diskUse()),
      platform: type(),
      platform_release: release(),
      uptime_seconds: Math.round(uptime()),
      os_username: userInfo().username,
      agent_version: this.#version,
    };
  }
}
