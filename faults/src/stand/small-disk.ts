import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A disk that can be filled without filling anybody else's. */
export interface SmallDisk {
  readonly directory: string;
  /** Takes all that is left, but for so many bytes. */
  fill(leave: number): void;
  empty(): void;
}

const MEGABYTE = 1_048_576;
const SIZE_MB = 768;

/** Mounts one; answers the reason where that may not be done here. */
export function mountSmallDisk(directory: string): SmallDisk | { readonly reason: string } {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SIZE_MB}m,mode=0711`, "tmpfs", directory], { stdio: "pipe" });
  } catch (error) {
    const stderr = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    return { reason: `a small file system cannot be mounted here (${stderr || String(error)})` };
  }
  chmodSync(directory, 0o711);
  const ballast = join(directory, "ballast");
  return {
    directory,
    fill(leave) {
      const file = openSync(ballast, "a");
      try {
        const { bavail, bsize } = statfsSync(directory);
        const chunk = Buffer.alloc(MEGABYTE);
        for (let left = bavail * bsize - leave; left > 0; left -= MEGABYTE)
          writeSync(file, chunk, 0, Math.min(MEGABYTE, left));
      } catch (error) {
        // Somebody else took the last of it: full is full.
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
      } finally {
        closeSync(file);
      }
    },
    empty: () => rmSync(ballast, { force: true }),
  };
}

/** Takes it away again; nothing where none was mounted. */
export function unmountSmallDisk(directory: string): void {
  try {
    execFileSync("umount", ["-l", directory], { stdio: "pipe" });
  } catch {
    // It was not mounted, or nothing is there to unmount with.
  }
}
