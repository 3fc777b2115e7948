import path from "node:path";
import type { NextConfig } from "next";

const workspace = path.join(import.meta.dirname, "../..");

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: workspace,
  turbopack: { root: workspace },
  transpilePackages: ["@orchestratia/client", "@orchestratia/domain", "@orchestratia/protocol"],
  images: { unoptimized: true },
  outputFileTracingExcludes: {
    "*": ["../../node_modules/.pnpm/@img+sharp*/**", "../../node_modules/.pnpm/sharp@*/**"],
  },
  // The hub is the edge and compresses; a second gzip here would hold back streamed answers.
  compress: false,
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  experimental: { optimizePackageImports: ["radix-ui", "lucide-react"] },
};

export default config;
