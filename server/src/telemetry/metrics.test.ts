import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

test("every metric is exposed under the name parley_…, each node has its own registry", async () => {
  const metrics = createMetrics();
  createMetrics().sends.inc({ result: "created" }, 5);
  metrics.sends.inc({ result: "created" });
  metrics.commitBatchSize.observe(7);
  const text = await metrics.registry.metrics();
  expect(text).toContain('parley_sends_total{result="created"} 1');
  expect(text).toContain('parley_commit_batch_size_bucket{le="8"} 1');
  expect(text).toContain("process_resident_memory_bytes");
});
