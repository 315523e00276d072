import process from "node:process";

// Loaded before the service: moves the clock that its JavaScript sees when the harness says so, as a clock that is set
// from outside does. Timers and performance.now() go on, since the system's monotonic clock does not jump either.
let offset = 0;
const RealDate = globalThis.Date;

globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + offset);
    else super(...given);
  }

  static now() {
    return RealDate.now() + offset;
  }
};

process.on("message", (message) => {
  if (typeof message?.clockOffsetMs === "number") offset = message.clockOffsetMs;
});
// The channel must not keep a service alive that has ended its work.
process.channel?.unref();
