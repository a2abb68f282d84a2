// NKeysTests
