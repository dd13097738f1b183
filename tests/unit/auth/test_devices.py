"""What browsers say of themselves, as people call it."""

import pytest

from auth.devices import Device, device_of

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8)"
TABLET = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("said", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0", "Firefox", "Windows"),
        ("Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0", "Firefox", "Android"),
        (f"{PHONE} FxiOS/132.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iOS"),
        (f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36", "Chrome", "Windows"),
        (f"{ANDROID} {KIT} Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome", "Android"),
        (f"{PHONE} CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1", "Chrome", "iOS"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/131.0.0.0 Safari/537.36", "Chrome", "ChromeOS"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {KIT} HeadlessChrome/131.0.0.0 Safari/537.36", "Chrome", "Linux"),
        (f"{WINDOWS} {KIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.51", "Edge", "Windows"),
        (f"{ANDROID} {KIT} Chrome/131.0.0.0 Mobile Safari/537.36 EdgA/131.0.2903.48", "Edge", "Android"),
        (f"{PHONE} EdgiOS/131.0.2903.56 Version/18.0 Mobile/15E148 Safari/604.1", "Edge", "iOS"),
        (f"{WINDOWS} {KIT} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0", "Opera", "Windows"),
        (f"{ANDROID} {KIT} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36", "Samsung Internet", "Android"),
        (f"{PHONE} Version/18.1 Mobile/15E148 Safari/604.1", "Safari", "iOS"),
        (f"{TABLET} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPadOS"),
        (f"{MAC} Version/18.1 Safari/605.1.15", "Safari", "macOS"),
        (f"{MAC} Version/18.1 Safari/605.1.15 Ddg/18.1", "DuckDuckGo", "macOS"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer", "Windows"),
        ("curl/8.5.0", "", ""),
        ("", "", ""),
        ("Mozilla/5.0 (X11; Linux x86_64) Something/1.0", "", "Linux"),
    ],
)
def test_common_browsers_and_systems_are_known_by_name(said: str, browser: str, system: str) -> None:
    assert device_of(said) == Device(browser, system)
