import { expect, test } from "vitest";
import { parseMetrics, quantileOf, rateOf, sumOf } from "./metrics.ts";

const TEXT = `# HELP parley_sends_total Messages sent, by result
# TYPE parley_sends_total counter
parley_sends_total{result="created"} 12
parley_sends_total{result="duplicate"} 3
parley_sockets 2
odd{path="a\\"b",other="x"} 1e3
wait_bucket{le="0.01"} 8
wait_bucket{le="0.1"} 10
wait_bucket{le="+Inf"} 10
`;

test("lines are read by name and labels", () => {
  const metrics = parseMetrics(TEXT);
  expect(sumOf(metrics, "parley_sockets")).toBe(2);
  expect(sumOf(metrics, "parley_sends_total")).toBe(15);
  expect(sumOf(metrics, "parley_sends_total", { result: "created" })).toBe(12);
  expect(sumOf(metrics, "odd", { other: "x" })).toBe(1000);
  expect(sumOf(metrics, "unknown")).toBe(0);
});

test("rates are between readings, and none after a new start", () => {
  expect(rateOf(10, 30, 2)).toBe(10);
  expect(rateOf(30, 10, 2)).toBe(0);
});

test("a quantile is of what came between", () => {
  const none = parseMetrics("");
  const some = parseMetrics(TEXT);
  expect(quantileOf(none, some, "wait", 0.5)).toBe(0.01);
  expect(quantileOf(none, some, "wait", 0.95)).toBe(0.1);
  expect(quantileOf(some, some, "wait", 0.95)).toBeUndefined();
});
