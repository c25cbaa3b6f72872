import { createApp } from "vue";
import App from "./App.vue";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/forms.css";

createApp(App).mount("#app");
