import { watch } from "vue";
import { i18n } from "../i18n/i18n.ts";
import { useSessionStore } from "../stores/session.ts";
import { useUiStore } from "../stores/ui.ts";

/** Asked for at most so often, however often one comes back. */
const CHECK_MS = 60_000;

/**
 * Puts the app on the device (worker/worker.ts), and offers its new versions: nothing is reloaded until the user says
 * so. It is looked for one when the page is seen again, and when the connection comes back: the service may have been
 * replaced meanwhile.
 */
export async function followAppUpdates(): Promise<void> {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const container = navigator.serviceWorker;
  const hadController = container.controller !== null;
  let registration: ServiceWorkerRegistration;
  try {
    registration = await container.register("/sw.js", { updateViaCache: "none" });
  } catch {
    // In a frame of another site, say: then there is no app on the device.
    return;
  }

  const offer = createOffer(() => {
    const { waiting } = registration;
    // A window's postMessage takes an origin; a worker has but one.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    if (waiting) waiting.postMessage("take_over");
    else location.reload();
  });
  container.addEventListener("controllerchange", () => {
    if (offer.isTaken()) location.reload();
    // Another tab took it: here the version before goes on.
    else if (hadController) offer.show();
  });
  const follow = (worker: ServiceWorker | null): void => {
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed" && container.controller) offer.show();
    });
  };
  if (registration.waiting && container.controller) offer.show();
  follow(registration.installing);
  registration.addEventListener("updatefound", () => follow(registration.installing));
  checkOften(registration);
}

function createOffer(take: () => void) {
  const ui = useUiStore();
  const { t } = i18n.global;
  let isShown = false;
  let isTaken = false;
  return {
    isTaken: () => isTaken,
    show(): void {
      if (isShown) return;
      isShown = true;
      const run = (): void => {
        isTaken = true;
        take();
      };
      ui.toast(t("common.update_ready"), { stays: true, action: { label: t("common.update_take"), run } });
    },
  };
}

function checkOften(registration: ServiceWorkerRegistration): void {
  const session = useSessionStore();
  let checkedAt = Date.now();
  const check = (): void => {
    if (Date.now() - checkedAt < CHECK_MS) return;
    checkedAt = Date.now();
    registration.update().catch(() => undefined);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") check();
  });
  watch(
    () => session.connection === "online",
    (isOnline) => {
      if (isOnline) check();
    },
  );
}
