import { shallowRef, type ShallowRef } from "vue";

/** What a browser that can make an app of this page says so with. One can be asked with it once. */
interface InstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

const prompt = shallowRef<InstallPromptEvent>();

/** Listens from the beginning: browsers say it once, and maybe before there is anything to show it in. */
export function followInstallOffer(): void {
  addEventListener("beforeinstallprompt", (event) => {
    // It is offered in the settings, not over the conversation.
    event.preventDefault();
    prompt.value = event as InstallPromptEvent;
  });
  addEventListener("appinstalled", () => (prompt.value = undefined));
}

/** What asks the browser to put the app among those of the device; undefined where it has not offered to. */
export const installOffer: Readonly<ShallowRef<Pick<InstallPromptEvent, "prompt"> | undefined>> = prompt;

/** Asks whether to install. If it is not wanted, the browser offers it again when it sees fit. */
export async function install(): Promise<void> {
  const { value: asked } = prompt;
  prompt.value = undefined;
  await asked?.prompt();
}
