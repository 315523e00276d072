import { ParleyError } from "@parley/protocol";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { sendProblem } from "./errors.ts";

/** Answers what no route takes: 405 with `Allow` where the path has other methods, else 404. To be called before routes are added. */
export function answerUnknownRoutes(app: FastifyInstance): void {
  const routes: { methods: readonly string[]; path: RegExp }[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    routes.push({ methods: Array.isArray(method) ? method : [method], path: toPattern(url) });
  });

  function methodsOf(path: string): string[] {
    const methods = routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods);
    return [...new Set(methods)].toSorted();
  }

  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const [path = ""] = request.url.split("?");
    const allowed = methodsOf(path);
    if (allowed.length === 0) {
      const detail = "There is no such address here. The API begins with /v1; /docs describes it.";
      return sendProblem(reply, request.id, new ParleyError("not_found", { detail }));
    }
    reply.header("allow", allowed.join(", "));
    const detail = `This address takes ${allowed.join(", ")}.`;
    return sendProblem(reply, request.id, new ParleyError("method_not_allowed", { detail }));
  });
}

/** "/v1/users/:user_id" → matches any one part in place of the parameter. */
function toPattern(url: string): RegExp {
  const parts = url
    .split("/")
    .map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)));
  return new RegExp(`^${parts.join("/")}$`);
}
