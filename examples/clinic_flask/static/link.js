// A mailed link's secret goes into the form, and out of the address.
if (location.hash) document.querySelector("[name=link]").value = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
