import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { followLocale, i18n } from "./i18n/i18n.ts";
import { followInstallOffer } from "./pwa/install.ts";
import { createAppRouter } from "./router/router.ts";
import "./styles/main.css";

followInstallOffer();
const app = createApp(App).use(createPinia()).use(i18n);
await followLocale();
app.use(createAppRouter()).mount("#app");

// Once the page has what it needs: what is kept for later must not stand in its way.
const afterwards = (): void => void import("./pwa/app-updates.ts").then(({ followAppUpdates }) => followAppUpdates());
if (document.readyState === "complete") afterwards();
else addEventListener("load", afterwards, { once: true });
