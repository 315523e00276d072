import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { createClientAddress, type TrustedProxies } from "./client-address.ts";

function addressOf(proxies: TrustedProxies, remoteAddress: string, forwarded?: string): string {
  const request = { headers: { "x-forwarded-for": forwarded }, socket: { remoteAddress } };
  return createClientAddress(proxies)(request as unknown as IncomingMessage);
}

test("without trusted proxies the connection's address counts, whatever the client says", () => {
  expect(addressOf(undefined, "10.0.0.1", "1.2.3.4")).toBe("10.0.0.1");
});

test("a number of proxies is passed over from behind", () => {
  expect(addressOf(1, "10.0.0.1", "6.6.6.6, 1.2.3.4")).toBe("1.2.3.4");
  expect(addressOf(2, "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2")).toBe("1.2.3.4");
  expect(addressOf(2, "10.0.0.1")).toBe("10.0.0.1");
});

test("named proxies are passed over, by address and by network", () => {
  const proxies = ["10.0.0.0/8", "fd00::1"];
  expect(addressOf(proxies, "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.9.9.9")).toBe("1.2.3.4");
  expect(addressOf(proxies, "::ffff:10.0.0.1", "1.2.3.4")).toBe("1.2.3.4");
  expect(addressOf(proxies, "fd00::1", "2001:db8::7")).toBe("2001:db8::7");
  expect(addressOf(proxies, "9.9.9.9", "1.2.3.4")).toBe("9.9.9.9");
});
