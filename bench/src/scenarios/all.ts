import type { Scenario } from "../scenario.ts";
import { chat } from "./chat.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { sends } from "./sends.ts";
import { soak } from "./soak.ts";
import { storm } from "./storm.ts";
import { tried } from "./tried.ts";
import { townHall } from "./town-hall.ts";

/** In the order they run. */
export const SCENARIOS: readonly Scenario[] = [sends, chat, townHall, idle, storm, history, soak, tried];
