<?php
/**
 * Tells CoopCycle Bridge which order is new or has another state. Written from PrestaShop's documentation
 * (https://devdocs.prestashop-project.org/), not run in a shop: try it on a test shop first.
 *
 * Copy it to modules/coopcyclebridge/, set the two constants, install the module. CoopCycle's own PrestaShop
 * module must not run beside it. An address that is only edited is not told.
 */
if (!defined('_PS_VERSION_')) {
    exit;
}

class CoopcycleBridge extends Module
{
    const URL = 'https://…/webhooks/my-shop'; // WebhookUrl and the connection's id
    const SECRET = '…'; // the connection's webhook secret

    public function __construct()
    {
        $this->name = 'coopcyclebridge';
        $this->version = '1.0.0';
        $this->author = 'CoopCycle Bridge';
        parent::__construct();
        $this->displayName = 'CoopCycle Bridge';
    }

    public function install()
    {
        return parent::install() && $this->registerHook('actionValidateOrder')
            && $this->registerHook('actionOrderStatusPostUpdate');
    }

    public function hookActionValidateOrder($params)
    {
        $this->tell('actionValidateOrder', (int) $params['order']->id);
    }

    public function hookActionOrderStatusPostUpdate($params)
    {
        $this->tell('actionOrderStatusPostUpdate', (int) $params['id_order']);
    }

    private function tell($event, $idOrder)
    {
        $body = json_encode(['id' => bin2hex(random_bytes(16)), 'event' => $event, 'id_order' => $idOrder]);
        $signature = base64_encode(hash_hmac('sha256', $body, self::SECRET, true));
        $curl = curl_init(self::URL);
        curl_setopt_array($curl, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => $body,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_TIMEOUT => 5,
            CURLOPT_HTTPHEADER => ['Content-Type: application/json', 'X-Webhook-Signature: ' . $signature],
        ]);
        curl_exec($curl);
        if (curl_getinfo($curl, CURLINFO_HTTP_CODE) !== 200) {
            PrestaShopLogger::addLog("CoopCycle Bridge did not take order $idOrder", 3);
        }
        curl_close($curl);
    }
}
