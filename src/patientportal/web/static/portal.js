// What the pages do beyond HTML. Each works without; no text stands here.
import { initAll } from "./nhsuk.js?v=10.6.1";

const WARNING_SECONDS = 120; // WCAG 2.2.1 asks for 20

function submitOnce() {
  const sent = new WeakSet();
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented || event.target.method !== "post") return; // a form's own script sends it later
    if (sent.has(event.target)) return event.preventDefault();
    sent.add(event.target);
    event.submitter?.setAttribute("aria-disabled", "true"); // `disabled` would keep its name out of the form
  });
}

function freshAfterBack() {
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
}

function linkOutOfAddress(form) {
  const take = () => {
    const secret = location.hash.slice(1);
    if (!secret || document.getElementById(secret)) return; // the skip link's and the error summary's own targets
    form.elements.link.value = secret;
    form.elements.link.closest(".nhsuk-form-group")?.setAttribute("hidden", "");
    history.replaceState(null, "", location.pathname + location.search);
    form.requestSubmit(); // looks at the link, and doesn't use it
  };
  window.addEventListener("hashchange", take);
  take();
}

function warnBeforeEnd(warning, lastWarning, { idleSeconds, leftSeconds, sessionUrl, logInUrl = location.pathname }) {
  const idle = Number(idleSeconds);
  const tabs = new BroadcastChannel(`portal:${sessionUrl}`);
  let end, over; // over: the end that nothing puts off
  let isWarned = false;

  const restart = (overAt) => {
    over = overAt;
    end = Math.min(Date.now() + idle * 1000, over);
    warning.close();
  };
  const leave = () => location.assign(logInUrl);
  const stay = async (event) => {
    event.preventDefault();
    const answer = await fetch(sessionUrl, { cache: "no-store" }).catch(() => null);
    if (answer?.status === 401) leave();
    if (!answer?.ok) return; // the warning stays, and can be answered again
    restart(over);
    tabs.postMessage(over);
  };
  const look = () => {
    const left = (end - Date.now()) / 1000; // not counted: a machine that slept has missed its timers
    if (left <= 0) return leave();
    if (left > Math.min(WARNING_SECONDS, idle / 2)) return;
    if (end < over) {
      if (!warning.open) warning.showModal();
    } else if (!isWarned) {
      isWarned = true;
      lastWarning.showModal();
    }
  };

  warning.querySelector("[data-stay]").addEventListener("click", stay);
  warning.addEventListener("cancel", stay); // Escape
  tabs.addEventListener("message", (event) => restart(event.data));
  restart(Date.now() + Number(leftSeconds) * 1000);
  tabs.postMessage(over);
  setInterval(look, 1000);
}

submitOnce();
freshAfterBack();
const form = document.querySelector("form[data-link]");
if (form) linkOutOfAddress(form);
const warnings = document.querySelectorAll("dialog[data-session]");
if (warnings.length) warnBeforeEnd(...warnings, document.body.dataset);
initAll();
