import PlatformAPI
import Testing

@Suite struct AbsolutePathTests {
  @Test(arguments: [
    ("/a/b", "/a/b"), ("b", "/w/b"), ("./b", "/w/b"), ("pki//ca.pem", "/w/pki/ca.pem"), ("../b", "/w/../b"),
    ("~", "/h"),
    ("~/b", "/h/b"), ("~b", "/w/~b"), (".", "/w"), ("", nil),
  ])
  func relativePathsAreMadeAbsolute(path: String, absolute: String?) {
    #expect(AbsolutePath.of(path, in: "/w", home: "/h") == absolute)
  }

  @Test func pathWithoutAKnownFolderIsNil() {
    #expect(AbsolutePath.of("~/b", in: "/w", home: nil) == nil)
    #expect(AbsolutePath.of("b", in: nil) == nil)
    #expect(AbsolutePath.of("b", in: "/") == "/b")
    #expect(AbsolutePath.of("b")?.hasPrefix("/") == true)
  }
}
