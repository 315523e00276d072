export interface DesktopNotice {
  readonly title: string;
  readonly body: string;
  readonly tag: string;
  readonly onClick: () => void;
}

/** Whether this browser can show notices, and may: `denied` is for good until it is changed in the browser. */
export type DesktopPermission = "unsupported" | NotificationPermission;

export function desktopPermission(): DesktopPermission {
  return "Notification" in window ? Notification.permission : "unsupported";
}

/** Asks for the permission. Only from a click: browsers refuse, and people resent, anything else. */
export async function askForDesktop(): Promise<DesktopPermission> {
  return "Notification" in window ? await Notification.requestPermission() : "unsupported";
}

/** A notice of the system. Nothing where it may not or cannot be shown. */
export function showOnDesktop({ title, body, tag, onClick }: DesktopNotice): void {
  if (desktopPermission() !== "granted") return;
  try {
    const notice = new Notification(title, { body, tag, icon: "/favicon.svg" });
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
      onClick();
    });
  } catch {
    // Some phones let none be shown by a page: there, the list has it.
  }
}
