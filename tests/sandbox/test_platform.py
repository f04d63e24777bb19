KEYS = [
    "platformName",
    "APIErrorCodesAndMessages",
    "platformDescription",
    "supportedTransferProtocols",
    "supportedModules",
    "defaultLimitListExecutions",
    "unsupportedMethods",
    "maxSizeDirectTransfer",
    "minAuthorizedExecutionTimeout",
    "maxAuthorizedExecutionTimeout",
    "email",
    "defaultStudy",
    "supportedAPIVersion",
    "oidcLoginProviders",
    "apierrorCodesAndMessages",
]


def test_the_platform_tells_its_properties_whatever_the_verb(vip):
    for method in ("GET", "PUT", "POST", "DELETE"):
        answer = vip(method, "/platform")
        assert answer.status_code == 200
        assert sorted(answer.json()) == sorted(KEYS)


def test_the_codes_are_listed_raw_in_vips_order(vip):
    platform = vip.get("/platform").json()
    codes = platform["APIErrorCodesAndMessages"]
    assert [c["errorCode"] for c in codes] == [*range(8000, 8021), 2000, 2001, 2002]
    assert platform["apierrorCodesAndMessages"] == codes
    texts = {c["errorCode"]: c["errorMessage"] for c in codes}
    assert texts[8003] == ("The error message for 'insufficient auth' cannot be known in advance")
    assert texts[8018] == "Input field '{}' is missing"


def test_the_user_gets_the_key_for_the_password(vip):
    body = {"username": "user@sandbox.example", "password": vip.endpoint.key}
    answer = vip("POST", "/authenticate", json=body)
    assert answer.json() == {"httpHeader": "apikey", "httpHeaderValue": vip.endpoint.key}


def test_a_wrong_password_is_401(vip):
    body = {"username": "user@sandbox.example", "password": "guess"}
    answer = vip("POST", "/authenticate", json=body)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 8002)


def test_a_missing_password_is_8009(vip):
    answer = vip("POST", "/authenticate", json={"username": "x"})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 8009)


def test_there_are_no_external_platforms(vip):
    assert vip.get("/externalPlatforms").json() == []
    assert vip.get("/user/externalKeys").json() == []
    body = {"storageIdentifier": "girder", "apiKey": "x"}
    assert vip("PUT", "/user/externalKeys", json=body).status_code == 400
    assert vip("PUT", "/user/externalKeys", json={"apiKey": "x"}).json()["errorCode"] == 8009
    assert vip("DELETE", "/user/externalKeys/girder").status_code == 400
