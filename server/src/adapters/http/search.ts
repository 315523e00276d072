import { endpoints } from "@parley/protocol";
import type { SearchService } from "../../services/search.ts";
import { route, type Route } from "./pipeline.ts";

export function searchRoutes({ search }: { readonly search: SearchService }): Route[] {
  return [route(endpoints.searchMessages, ({ caller, query }) => search.searchMessages(caller, query))];
}
