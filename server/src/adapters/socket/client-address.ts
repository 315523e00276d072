import type { IncomingMessage } from "node:http";
import { BlockList, isIPv6 } from "node:net";

/** Proxies in front whose X-Forwarded-For is believed: how many, or their addresses and networks. */
export type TrustedProxies = number | readonly string[] | undefined;

/** Answers how to find the address of a client: that of the connection, or where a trusted proxy stands there, what the proxy says. */
export function createClientAddress(
  proxies: TrustedProxies,
): (request: Pick<IncomingMessage, "headers" | "socket">) => string {
  const isTrusted = trust(proxies);
  return ({ headers, socket }) => {
    const forwarded = [headers["x-forwarded-for"] ?? []].flat().join(",");
    const hops = [
      socket.remoteAddress ?? "",
      ...forwarded
        .split(",")
        .map((hop) => hop.trim())
        .filter(Boolean)
        .toReversed(),
    ];
    let hop = 0;
    while (hop < hops.length - 1 && isTrusted(hops[hop] ?? "", hop)) hop += 1;
    return hops[hop] ?? "";
  };
}

function trust(proxies: TrustedProxies): (address: string, hop: number) => boolean {
  if (proxies === undefined) return () => false;
  if (typeof proxies === "number") return (_address, hop) => hop < proxies;
  const list = new BlockList();
  for (const proxy of proxies) {
    const [address = "", bits] = proxy.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
    return list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4");
  };
}
