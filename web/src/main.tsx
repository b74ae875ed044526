import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./styles/app.css";
import { createQueryClient } from "./api/query-client";
import { createAppRouter, fetchFirst } from "./app/router";
import { startLanguage } from "./i18n/language";

const queries = createQueryClient();
const router = createAppRouter(queries);

// What the page at the address needs comes together with its language, not after it. Until both
// are there the frame of index.html stands.
await Promise.all([fetchFirst(router), startLanguage()]);

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no #root");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
