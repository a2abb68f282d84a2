import Testing

@Suite struct PlatformCoreSmokeTests {}
