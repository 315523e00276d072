/**
 * Calls `fire` at a fixed rate whatever becomes of it, with the moment each call was due. Latency counts from that moment, so that
 * a stall is seen by all who would have waited in it (no coordinated omission).
 */
export async function openLoop(
  perSecond: number,
  seconds: number,
  fire: (number: number, due: number) => void,
): Promise<void> {
  const start = performance.now();
  const total = Math.floor(perSecond * seconds);
  for (let number = 0; number < total;) {
    const now = performance.now() - start;
    for (; number < total && (number * 1_000) / perSecond <= now; number += 1)
      fire(number, start + (number * 1_000) / perSecond);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
