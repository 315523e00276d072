import { defineAsyncComponent } from "vue";

/** What few messages have, loaded with the first that does. Made once: made by each row, they cost every row that is scrolled in. */
export const FailedSend = defineAsyncComponent(() => import("./FailedSend.vue"));
export const NoticeText = defineAsyncComponent(() => import("./NoticeText.vue"));
export const MessageActions = defineAsyncComponent(() => import("./MessageActions.vue"));
export const MessageEditor = defineAsyncComponent(() => import("./MessageEditor.vue"));
export const MessageDialogs = defineAsyncComponent(() => import("./MessageDialogs.vue"));
