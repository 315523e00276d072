// For those who build on the SDK's parts: without any promise that they stay.
export { createBackOff } from "./back-off.ts";
export { createConnection } from "./connection.ts";
export type { SocketConstructor, SocketLike, WakeSource } from "./connection.ts";
export { systemClock } from "./clock.ts";
export type { Clock } from "./clock.ts";
export { createCell, createTopic, when } from "./observable.ts";
export { createOutbox } from "./outbox/outbox.ts";
export { reduceChange, reduceEvent, reduceMark, reduceView } from "./store/reduce.ts";
export { createTokens } from "./tokens.ts";
export { uuidv7 } from "./uuid.ts";
export { holesIn, mergeWindow, putMessage, trimWindows, windowOfPage } from "./store/windows.ts";
