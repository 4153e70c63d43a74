using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "podwire", worker = .podwire)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "podwire")],
);
const podwire :Workerd.Worker = (
  modules = [
    (name = "edge.js", esModule = embed "edge.js"),
    (name = "./plane_bg.wasm", wasm = embed "plane_bg.wasm"),
  ],
  compatibilityDate = "2026-10-01",
  compatibilityFlags = ["nodejs_compat"],
);
